import { defineGateway } from 'sluice'
import { healthCheck, powerOfTwo } from 'sluice/plugins'

export default defineGateway({
  http: { port: 8080 },
  upstreams: {
    shop: {
      endpoints: ['http://10.0.0.1:9001', 'http://10.0.0.2:9001'],
      balance: powerOfTwo(),
      plugins: [healthCheck()],
    },
  },
  routes: [
    { path: '/catalogue', to: 'shop', coalesce: {} },
    // One person's browser tabs share, two people never do.
    { path: '/me', to: 'shop', coalesce: { key: { headers: ['authorization'] } } },
    { path: '/', to: 'shop' },
  ],
})
