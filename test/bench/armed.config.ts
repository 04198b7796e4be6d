import { defineGateway } from 'sluice'
import { requestHeaders, responseHeaders, retry, roundRobin } from 'sluice/plugins'

const { PORT = '8080', ORIGIN = 'http://127.0.0.1:9000' } = process.env

// What a route of a real gateway has: header rules, a body limit, every timeout, retries.
export default defineGateway({
  http: { host: '127.0.0.1', port: Number(PORT) },
  upstreams: {
    origin: {
      endpoints: [ORIGIN],
      balance: roundRobin(),
      timeouts: { connect: '2s', response: '10s', idle: '10s', request: '30s' },
      plugins: [retry()],
    },
  },
  routes: [
    {
      path: '/',
      to: 'origin',
      bodyLimit: '10mb',
      plugins: [
        requestHeaders({ set: { 'x-gateway': 'sluice' }, remove: ['x-internal'] }),
        responseHeaders({ set: { 'x-frame-options': 'DENY' }, remove: ['server'] }),
      ],
    },
  ],
})
