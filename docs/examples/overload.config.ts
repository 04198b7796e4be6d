import { defineGateway } from 'sluice'
import { concurrencyLimit, powerOfTwo } from 'sluice/plugins'

export default defineGateway({
  http: { port: 8080, trust: ['10.0.0.0/8'] },
  upstreams: {
    shop: {
      endpoints: ['http://10.0.0.1:9001', 'http://10.0.0.2:9001'],
      balance: powerOfTwo(),
      plugins: [
        concurrencyLimit({
          adaptive: true,
          priorities: [{ routes: ['health'] }, { headers: { 'x-plan': 'paid' }, reserve: 0.2 }],
        }),
      ],
    },
    reports: {
      endpoints: ['http://10.0.0.3:9001', 'http://10.0.0.4:9001'],
      balance: powerOfTwo(),
      // Each has a pool of 8 workers.
      plugins: [concurrencyLimit({ max: 8, per: 'endpoint', queue: { max: 50, wait: '5s' } })],
    },
  },
  routes: [
    { name: 'health', path: '/healthz', to: 'shop' },
    { path: '/', to: 'shop' },
    { path: '/reports', to: 'reports' },
  ],
})
