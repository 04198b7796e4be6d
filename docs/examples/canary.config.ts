import { defineGateway } from 'sluice'
import { roundRobin } from 'sluice/plugins'

export default defineGateway({
  http: { host: '127.0.0.1', port: 8080 },
  upstreams: {
    stable: { endpoints: ['http://127.0.0.1:9001'], balance: roundRobin() },
    canary: { endpoints: ['http://127.0.0.1:9002'], balance: roundRobin() },
  },
  routes: [{ path: '/', to: { stable: 95, canary: 5 } }],
})
