import { defineGateway } from 'sluice'
import { requestHeaders, requestId, responseHeaders, roundRobin } from 'sluice/plugins'
import { bearer } from './bearer.ts'

export default defineGateway({
  http: { host: '127.0.0.1', port: 8080 },
  upstreams: { users: { endpoints: ['http://127.0.0.1:9001'], balance: roundRobin() } },
  routes: [
    {
      path: '/users/:id',
      to: 'users',
      plugins: [
        bearer({ tokens: { k1: 'ada' } }),
        requestHeaders({
          remove: ['cookie'],
          rename: { 'x-old-tenant': 'x-tenant' },
          set: { 'x-user': '{param.id}', 'x-served-by': '{endpoint.id}' },
          add: { 'x-tag': ['{route.id}', 'from {client.ip}'] },
        }),
      ],
    },
  ],
  plugins: [
    requestId(),
    responseHeaders({
      remove: ['server', 'x-powered-by'],
      set: { 'strict-transport-security': 'max-age=31536000', 'x-served-by': '{endpoint.id}' },
    }),
  ],
})
