import { defineGateway } from 'sluice'
import { requestId, roundRobin } from 'sluice/plugins'

export default defineGateway({
  http: { port: 8080 },
  upstreams: {
    users: {
      endpoints: ['http://10.0.0.1:9001', 'http://10.0.0.2:9001'],
      balance: roundRobin(),
    },
    legacy: { endpoints: ['http://10.0.9.1:9001'], balance: roundRobin() },
  },
  routes: [
    { path: '/users', to: 'users' },
    { path: '/old', to: 'legacy' },
  ],
  plugins: [requestId()],
})
