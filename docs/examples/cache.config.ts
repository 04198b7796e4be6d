import { defineGateway } from 'sluice'
import { maglev } from 'sluice/plugins'

export default defineGateway({
  http: { host: '127.0.0.1', port: 8080 },
  upstreams: {
    images: {
      endpoints: ['http://127.0.0.1:9001', 'http://127.0.0.1:9002', 'http://127.0.0.1:9003'],
      balance: maglev({ by: 'path', maxLoad: 1.25 }),
    },
  },
  routes: [{ path: '/images', to: 'images' }],
})
