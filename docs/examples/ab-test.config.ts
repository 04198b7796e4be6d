import { defineGateway } from 'sluice'
import { roundRobin } from 'sluice/plugins'

const split = { by: { cookie: 'visitor' }, salt: 'checkout-2' }

export default defineGateway({
  http: { host: '127.0.0.1', port: 8080 },
  upstreams: {
    old: { endpoints: ['http://127.0.0.1:9001'], balance: roundRobin() },
    fresh: { endpoints: ['http://127.0.0.1:9002'], balance: roundRobin() },
  },
  routes: [
    { path: '/cart', to: { old: 50, fresh: 50 }, split },
    { path: '/checkout', to: { old: 50, fresh: 50 }, split },
    { path: '/', to: 'old' },
  ],
})
