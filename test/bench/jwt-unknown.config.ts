import { createPublicKey } from 'node:crypto'
import { defineGateway, definePlugin, env, Type } from 'sluice'
import { jwt, roundRobin } from 'sluice/plugins'
import { instantiate } from 'sluice/testing'
import { signed } from './token.ts'

const { PORT = '8080', ORIGIN = 'http://127.0.0.1:9000' } = process.env
const TOKENS = 1_000

const pem = env('BENCH_KEY')
const key = createPublicKey(pem).export({ type: 'spki', format: 'pem' })
const tokens = await Promise.all(Array.from({ length: TOKENS }, (_, i) => signed(pem, String(i))))

/** `jwt` to which each request seems to have another token than the last thousand, so that it knows none. */
const unknown = definePlugin({
  name: 'unknown',
  options: Type.Object({}),
  create() {
    const plugin = instantiate(jwt({ keys: [String(key)], remember: 2 }))
    const lines = tokens.map((token) => ['authorization', `Bearer ${token}`])
    let next = 0
    return {
      request(exchange) {
        const { flow, route } = exchange
        const rawHeaders = lines[next++ % TOKENS]
        return plugin.request?.({ flow, route, rawHeaders } as typeof exchange)
      },
    }
  },
})

export default defineGateway({
  http: { host: '127.0.0.1', port: Number(PORT) },
  upstreams: { origin: { endpoints: [ORIGIN], balance: roundRobin() } },
  routes: [{ path: '/', to: 'origin' }],
  plugins: [unknown()],
})
