import { defineGateway } from 'sluice'
import { healthCheck, powerOfTwo, standard } from 'sluice/plugins'

export default defineGateway({
  http: { host: '127.0.0.1', port: 8080 },
  upstreams: {
    shop: {
      endpoints: ['http://127.0.0.1:9001', 'http://127.0.0.1:9002', 'http://127.0.0.1:9003'],
      balance: powerOfTwo(),
      plugins: [healthCheck({ path: '/healthz' })],
    },
  },
  routes: [{ path: '/', to: 'shop' }],
  plugins: [...standard()],
})
