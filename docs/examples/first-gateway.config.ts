import { defineGateway } from 'sluice'
import { roundRobin, standard } from 'sluice/plugins'

export default defineGateway({
  http: { host: '127.0.0.1', port: 8080 },
  upstreams: {
    users: { endpoints: ['http://127.0.0.1:9001', 'http://127.0.0.1:9002'], balance: roundRobin() },
  },
  routes: [{ path: '/users', methods: ['GET', 'POST'], to: 'users' }],
  plugins: standard(),
})
