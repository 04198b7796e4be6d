import { defineGateway } from 'sluice'
import { powerOfTwo, priority, slowStart, standard } from 'sluice/plugins'

export default defineGateway({
  http: { host: '127.0.0.1', port: 8080 },
  upstreams: {
    users: {
      endpoints: [
        'http://10.1.0.1:9001',
        'http://10.1.0.2:9001',
        'http://10.1.0.3:9001',
        // Another region, for when this one has too few left.
        { url: 'http://10.9.0.1:9001', priority: 1 },
        { url: 'http://10.9.0.2:9001', priority: 1 },
      ],
      balance: powerOfTwo(),
      select: [priority({ panic: 0.5 })],
      plugins: [slowStart({ window: '1m' })],
    },
  },
  routes: [{ path: '/users', to: 'users' }],
  plugins: [...standard({ retry: { retries: 2 }, outlierEjection: { hang: { after: '5s' } } })],
})
