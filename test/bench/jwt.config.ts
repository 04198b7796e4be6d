import { createPublicKey } from 'node:crypto'
import { defineGateway, env } from 'sluice'
import { jwt, roundRobin } from 'sluice/plugins'

const { PORT = '8080', ORIGIN = 'http://127.0.0.1:9000' } = process.env
const key = createPublicKey(env('BENCH_KEY')).export({ type: 'spki', format: 'pem' })

// What a route that serves an API checks, and tells its endpoints.
export default defineGateway({
  http: { host: '127.0.0.1', port: Number(PORT) },
  upstreams: { origin: { endpoints: [ORIGIN], balance: roundRobin() } },
  routes: [{ path: '/', to: 'origin' }],
  plugins: [
    jwt({
      keys: [String(key)],
      issuer: 'https://id.example.com/',
      audience: 'https://api.example.com/',
      scopes: ['users:read'],
      headers: { 'x-user': 'sub' },
    }),
  ],
})
