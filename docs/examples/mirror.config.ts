import { defineGateway } from 'sluice'
import { roundRobin } from 'sluice/plugins'

export default defineGateway({
  http: { host: '127.0.0.1', port: 8080 },
  upstreams: {
    stable: { endpoints: ['http://127.0.0.1:9001'], balance: roundRobin() },
    next: { endpoints: ['http://127.0.0.1:9002'], balance: roundRobin() },
  },
  routes: [
    { path: '/', methods: ['GET', 'HEAD'], to: 'stable', mirror: { to: 'next', share: 0.1 } },
    { path: '/', to: 'stable' },
  ],
})
