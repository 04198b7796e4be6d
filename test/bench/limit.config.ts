import { defineGateway } from 'sluice'
import {
  concurrencyLimit,
  requestHeaders,
  responseHeaders,
  retry,
  roundRobin,
} from 'sluice/plugins'

const { PORT = '8080', ORIGIN = 'http://127.0.0.1:9000', LIMIT } = process.env

const RULES = [
  requestHeaders({ set: { 'x-gateway': 'sluice' }, remove: ['x-internal'] }),
  responseHeaders({ set: { 'x-frame-options': 'DENY' }, remove: ['server'] }),
]

// A limit alone, fixed or adaptive, above what the load has at one time; or with retry and header rules.
export default defineGateway({
  http: { host: '127.0.0.1', port: Number(PORT) },
  upstreams: {
    origin: {
      endpoints: [ORIGIN],
      balance: roundRobin(),
      plugins: [
        LIMIT === 'adaptive'
          ? concurrencyLimit({ adaptive: true })
          : concurrencyLimit({ max: 1_000 }),
        ...(LIMIT === 'armed' ? [retry()] : []),
      ],
    },
  },
  routes: [{ path: '/', to: 'origin', plugins: LIMIT === 'armed' ? RULES : [] }],
})
