import { defineGateway } from 'sluice'
import { roundRobin } from 'sluice/plugins'

const { PORT = '8080', ORIGIN = 'http://127.0.0.1:9000' } = process.env

export default defineGateway({
  http: { host: '127.0.0.1', port: Number(PORT) },
  upstreams: { origin: { endpoints: [ORIGIN], balance: roundRobin() } },
  routes: [{ path: '/', to: 'origin' }],
})
