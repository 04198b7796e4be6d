import { defineGateway } from 'sluice'
import { admin, drain, retry, roundRobin } from 'sluice/plugins'

export default defineGateway({
  http: { port: Number(process.env.PORT ?? 8080) },
  upstreams: {
    users: {
      endpoints: [
        { id: 'users-1', url: process.env.USERS_1 ?? 'http://127.0.0.1:9001' },
        { id: 'users-2', url: process.env.USERS_2 ?? 'http://127.0.0.1:9002' },
      ],
      balance: roundRobin(),
      plugins: [retry()],
    },
  },
  routes: [{ path: '/', to: 'users' }],
  plugins: [
    drain({ grace: '10s', deadline: '30s', readiness: { path: '/readyz' } }),
    admin({ port: Number(process.env.ADMIN_PORT ?? 9901) }),
  ],
})
