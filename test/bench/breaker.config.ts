import { defineGateway } from 'sluice'
import { circuitBreaker, roundRobin } from 'sluice/plugins'

const { PORT = '8080', ORIGIN = 'http://127.0.0.1:9000' } = process.env

// The bare route of sluice.config.ts, with a breaker.
export default defineGateway({
  http: { host: '127.0.0.1', port: Number(PORT) },
  upstreams: {
    origin: { endpoints: [ORIGIN], balance: roundRobin(), plugins: [circuitBreaker()] },
  },
  routes: [{ path: '/', to: 'origin' }],
})
