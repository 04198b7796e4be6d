import compress from '@fastify/compress'
import cors from '@fastify/cors'
import helmet from '@fastify/helmet'
import { defineGateway, native } from 'sluice'
import { roundRobin } from 'sluice/plugins'

export default defineGateway({
  http: { host: '127.0.0.1', port: 8080 },
  upstreams: {
    users: { endpoints: ['http://127.0.0.1:9001'], balance: roundRobin() },
    pages: { endpoints: ['http://127.0.0.1:9002'], balance: roundRobin() },
  },
  routes: [
    {
      path: '/users',
      to: 'users',
      plugins: [native(cors, { origin: ['https://app.example.com'] })],
    },
    { path: '/', to: 'pages', plugins: [native(compress, { threshold: 2048 })] },
  ],
  plugins: [native(helmet)],
})
