import { defineGateway } from 'sluice'
import { retry, ringHash } from 'sluice/plugins'

export default defineGateway({
  http: { host: '127.0.0.1', port: 8080 },
  upstreams: {
    carts: {
      endpoints: [
        { id: 'ada', url: 'http://127.0.0.1:9001' },
        { id: 'bob', url: 'http://127.0.0.1:9002', weight: 2 },
      ],
      balance: ringHash({ by: { header: 'x-session' }, fallback: 'round-robin' }),
      plugins: [retry()],
    },
  },
  routes: [{ path: '/carts', to: 'carts' }],
})
