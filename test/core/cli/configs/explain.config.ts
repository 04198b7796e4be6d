import cors from '@fastify/cors'
import helmet from '@fastify/helmet'
import { defineGateway, definePlugin, native, Type } from 'sluice'
import { random, roundRobin } from 'sluice/plugins'

const named = (name: string) =>
  definePlugin({
    name,
    options: Type.Object({}),
    create() {
      throw new Error('explain must create nothing')
    },
  })()

export default defineGateway({
  http: { port: 0 },
  upstreams: {
    users: {
      endpoints: ['http://users-1.test', { url: 'http://users-2.test', weight: 3, id: 'two' }],
      balance: roundRobin(),
      plugins: [named('third')],
    },
    beta: { endpoints: ['http://beta.test'], balance: random() },
  },
  routes: [
    {
      name: 'user',
      host: 'api.test',
      path: '/users/:id',
      methods: ['GET'],
      to: 'users',
      plugins: [named('second'), native(cors)],
    },
    {
      name: 'beta',
      host: 'api.test',
      path: '/users/:id',
      headers: { 'x-beta': /^[1-9]/ },
      to: 'beta',
    },
    { name: 'session', path: '/users', cookies: { session: true }, query: { v: '2' }, to: 'beta' },
    { name: 'first', path: '/first', query: { a: true }, to: 'users' },
    { name: 'later', path: '/first', query: { b: true }, to: 'users' },
    { name: 'posts', host: '*.test', path: '/posts', methods: ['POST', 'PUT'], to: 'users' },
  ],
  plugins: [native(helmet), named('first')],
})
