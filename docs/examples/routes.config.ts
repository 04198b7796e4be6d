import { defineGateway } from 'sluice'
import { random, roundRobin } from 'sluice/plugins'

export default defineGateway({
  http: { port: 8080, trust: ['10.0.0.0/8'] },
  upstreams: {
    users: {
      endpoints: ['http://10.0.0.1:9001', { url: 'http://10.0.0.2:9001', id: 'users-2' }],
      balance: roundRobin(),
      timeouts: { connect: '2s', response: '10s' },
    },
    files: { endpoints: ['https://files.internal'], balance: random(), host: 'upstream' },
    pages: { endpoints: ['http://10.0.0.3:9001'], balance: random() },
  },
  routes: [
    { host: 'api.example.com', path: '/users', to: 'users' },
    { host: 'api.example.com', path: '/users/:id/avatar', exact: true, to: 'files' },
    { host: ['example.com', '*.example.com'], path: '/files/*', methods: ['GET'], to: 'files' },
    { to: 'pages' },
  ],
  shutdownTimeout: '10s',
})
