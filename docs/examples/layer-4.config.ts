import { defineGateway } from 'sluice'
import { drain, healthCheck, leastConnections, retry } from 'sluice/plugins'

export default defineGateway({
  tcp: [{ port: 5432, to: 'postgres', maxConnections: 500 }],
  upstreams: {
    postgres: {
      endpoints: ['tcp://127.0.0.1:5433', 'tcp://127.0.0.1:5434'],
      balance: leastConnections(),
      connections: { max: 100 },
      plugins: [healthCheck({ type: 'tcp' }), retry()],
    },
  },
  plugins: [drain({ deadline: '60s' })],
})
