import { defineGateway, env } from 'sluice'
import { leastConnections } from 'sluice/plugins'

export default defineGateway({
  tcp: [
    {
      port: 6380,
      tls: { cert: env('TLS_CERT'), key: env('TLS_KEY') },
      to: 'redis',
    },
  ],
  upstreams: {
    redis: { endpoints: ['tcp://10.0.0.1:6379'], balance: leastConnections() },
  },
})
