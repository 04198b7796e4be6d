import { defineGateway } from 'sluice'
import { rateLimit, roundRobin } from 'sluice/plugins'

const { PORT = '8080', ORIGIN = 'http://127.0.0.1:9000', LIMIT = '100000000' } = process.env

// A limit on every request, told in every answer.
export default defineGateway({
  http: { host: '127.0.0.1', port: Number(PORT) },
  upstreams: { origin: { endpoints: [ORIGIN], balance: roundRobin() } },
  routes: [{ path: '/', to: 'origin' }],
  plugins: [rateLimit({ limit: Number(LIMIT), window: '1h' })],
})
