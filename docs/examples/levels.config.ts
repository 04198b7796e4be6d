import { defineGateway } from 'sluice'
import { priority, roundRobin, zone } from 'sluice/plugins'

export default defineGateway({
  http: { port: 8080 },
  upstreams: {
    users: {
      endpoints: [
        { url: 'http://10.1.0.1:9001', zone: 'eu-west-1a' },
        { url: 'http://10.1.0.2:9001', zone: 'eu-west-1a' },
        { url: 'http://10.2.0.1:9001', zone: 'eu-west-1b' },
        // Another region, for when this one has too few left.
        { url: 'http://10.9.0.1:9001', priority: 1 },
      ],
      balance: roundRobin(),
      select: [priority({ panic: 0.3 }), zone({ here: 'eu-west-1a' })],
    },
  },
  routes: [{ path: '/users', to: 'users' }],
})
