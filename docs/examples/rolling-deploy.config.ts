import { defineGateway } from 'sluice'
import { drain, retry, roundRobin } from 'sluice/plugins'
import { outOfService } from './out-of-service.ts'

export default defineGateway({
  http: { port: 8080 },
  upstreams: {
    users: {
      endpoints: [
        { id: 'users-1', url: 'http://127.0.0.1:9001' },
        { id: 'users-2', url: 'http://127.0.0.1:9002' },
      ],
      balance: roundRobin(),
      plugins: [retry()],
    },
  },
  routes: [{ path: '/users', to: 'users' }],
  plugins: [
    drain({ grace: '10s', deadline: '30s', readiness: { path: '/readyz' } }),
    outOfService({ ids: [] }),
  ],
})
