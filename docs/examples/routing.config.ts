import cors from '@fastify/cors'
import { defineGateway, native } from 'sluice'
import { random, roundRobin } from 'sluice/plugins'
import { stamp } from './stamp.ts'

export default defineGateway({
  http: { port: 8080 },
  upstreams: {
    users: {
      endpoints: ['http://10.0.0.1:9001', { url: 'http://10.0.0.2:9001', weight: 2 }],
      balance: roundRobin(),
    },
    beta: { endpoints: ['http://10.0.0.9:9001'], balance: random() },
    pages: { endpoints: ['http://10.0.0.3:9001'], balance: random() },
  },
  routes: [
    { path: '/users', methods: ['GET', 'POST'], to: 'users' },
    { host: 'api.example.com', path: '/users/:id', to: 'users', plugins: [native(cors)] },
    { host: 'api.example.com', path: '/users/:id', headers: { 'x-beta': '1' }, to: 'beta' },
    { host: 'api.example.com', path: '/users/:id', cookies: { beta: /^on$/i }, to: 'beta' },
    { host: '*.example.com', query: { preview: true }, to: 'pages' },
  ],
  plugins: [stamp()],
})
