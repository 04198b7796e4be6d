import { defineGateway } from 'sluice'
import { retry, roundRobin } from 'sluice/plugins'

export default defineGateway({
  http: { host: '127.0.0.1', port: 8080 },
  upstreams: {
    users: {
      endpoints: ['http://127.0.0.1:9001', 'http://127.0.0.1:9002'],
      balance: roundRobin(),
      timeouts: { response: '2s', request: '5s', deadlineHeader: 'x-request-timeout-ms' },
      plugins: [retry({ on: ['connect-failed', 'reset', 'timeout'] })],
    },
  },
  routes: [{ path: '/users', to: 'users', bodyLimit: '10mb' }],
})
