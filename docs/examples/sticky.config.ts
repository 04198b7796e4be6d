import { defineGateway, env } from 'sluice'
import { drain, healthCheck, powerOfTwo, retry, stickySession } from 'sluice/plugins'

export default defineGateway({
  http: { host: '127.0.0.1', port: 8080 },
  upstreams: {
    shop: {
      endpoints: [
        { id: 'ada', url: 'http://127.0.0.1:9001' },
        { id: 'bob', url: 'http://127.0.0.1:9002' },
      ],
      balance: powerOfTwo(),
      plugins: [healthCheck({ path: '/healthz' }), retry()],
    },
  },
  routes: [{ path: '/', to: 'shop', plugins: [stickySession({ secret: env('STICKY_SECRET') })] }],
  plugins: [drain()],
})
