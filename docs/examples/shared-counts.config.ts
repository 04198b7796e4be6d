import fastifyRateLimit from '@fastify/rate-limit'
import { defineGateway, native } from 'sluice'
import { rateLimit, rateLimitStore, roundRobin } from 'sluice/plugins'

export default defineGateway({
  http: { host: '127.0.0.1', port: 8080 },
  upstreams: { users: { endpoints: ['http://127.0.0.1:9001'], balance: roundRobin() } },
  routes: [
    { path: '/users', to: 'users', plugins: [rateLimit({ limit: 100, group: 'api' })] },
    {
      path: '/reports',
      to: 'users',
      plugins: [
        native(fastifyRateLimit, { store: rateLimitStore({ group: 'api' }), max: 100, ban: 20 }),
      ],
    },
  ],
})
