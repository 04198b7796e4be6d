import { defineGateway } from 'sluice'
import { roundRobin, stickySession } from 'sluice/plugins'

const { PORT = '8080', ORIGIN = 'http://127.0.0.1:9000' } = process.env

// The bare route of sluice.config.ts, with sessions. The load has the cookie of one with each request.
export default defineGateway({
  http: { host: '127.0.0.1', port: Number(PORT) },
  upstreams: { origin: { endpoints: [ORIGIN], balance: roundRobin() } },
  routes: [
    {
      path: '/',
      to: 'origin',
      plugins: [stickySession({ secret: 'only-for-the-bench-0123456789abcdef' })],
    },
  ],
})
