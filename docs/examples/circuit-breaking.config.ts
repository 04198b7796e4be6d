import { defineGateway } from 'sluice'
import { circuitBreaker, powerOfTwo, retry } from 'sluice/plugins'

export default defineGateway({
  http: { host: '127.0.0.1', port: 8080 },
  upstreams: {
    prices: {
      endpoints: ['http://10.1.0.1:9001', 'http://10.1.0.2:9001', 'http://10.1.0.3:9001'],
      balance: powerOfTwo(),
      timeouts: { response: '2s' },
      plugins: [circuitBreaker({ slow: { after: '1s', rate: 0.8 } }), retry()],
    },
    // Prices of an hour ago, from a service that hardly ever fails.
    archive: { endpoints: ['http://10.1.0.9:9001'], balance: powerOfTwo() },
    tips: { endpoints: ['http://10.1.0.7:9001'], balance: powerOfTwo() },
  },
  routes: [
    { path: '/prices', to: 'prices', fallback: { to: 'archive', on: [502, 503, 504] } },
    {
      path: '/tips',
      to: 'tips',
      plugins: [circuitBreaker({ openFor: '10s' })],
      fallback: { status: 200, headers: { 'content-type': 'application/json' }, body: '[]' },
    },
  ],
})
