import { defineGateway } from 'sluice'
import { accessLog, requestId, roundRobin } from 'sluice/plugins'

export default defineGateway({
  http: { host: '127.0.0.1', port: 8080 },
  upstreams: { users: { endpoints: ['http://127.0.0.1:9001'], balance: roundRobin() } },
  routes: [{ name: 'users', path: '/users', to: 'users' }],
  plugins: [
    requestId(),
    accessLog({
      to: { file: '/var/log/sluice/access.log' },
      sample: 0.1,
      headers: ['x-tenant'],
      redact: ['invite', 'x-partner-pass'],
    }),
  ],
})
