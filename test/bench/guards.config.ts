import { defineGateway } from 'sluice'
import {
  circuitBreaker,
  concurrencyLimit,
  requestHeaders,
  responseHeaders,
  retry,
  roundRobin,
} from 'sluice/plugins'

const { PORT = '8080', ORIGIN = 'http://127.0.0.1:9000' } = process.env

// The bare route of sluice.config.ts, with all that guards an upstream, and header rules.
export default defineGateway({
  http: { host: '127.0.0.1', port: Number(PORT) },
  upstreams: {
    origin: {
      endpoints: [ORIGIN],
      balance: roundRobin(),
      plugins: [concurrencyLimit({ max: 1_000 }), circuitBreaker(), retry()],
    },
  },
  routes: [
    {
      path: '/',
      to: 'origin',
      plugins: [
        requestHeaders({ set: { 'x-gateway': 'sluice' }, remove: ['x-internal'] }),
        responseHeaders({ set: { 'x-frame-options': 'DENY' }, remove: ['server'] }),
      ],
    },
  ],
})
