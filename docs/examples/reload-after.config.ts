import { defineGateway } from 'sluice'
import { requestId, retry, roundRobin } from 'sluice/plugins'

export default defineGateway({
  http: { port: 8080 },
  upstreams: {
    users: {
      endpoints: [{ url: 'http://10.0.0.1:9001', weight: 2 }, 'http://10.0.0.3:9001'],
      balance: roundRobin(),
    },
    canary: { endpoints: ['http://10.0.0.9:9001'], balance: roundRobin() },
  },
  routes: [
    { path: '/users', to: { users: 95, canary: 5 } },
    { path: '/orders', to: 'users', plugins: [retry()] },
  ],
  plugins: [requestId()],
  shutdownTimeout: '1m',
})
