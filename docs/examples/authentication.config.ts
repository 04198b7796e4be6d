import { defineGateway, env } from 'sluice'
import { accessLog, apiKey, basicAuth, ipAccess, jwt, rateLimit, roundRobin } from 'sluice/plugins'

export default defineGateway({
  http: { host: '127.0.0.1', port: 8080, trust: ['10.0.0.0/8'] },
  upstreams: {
    users: { endpoints: ['http://127.0.0.1:9001'], balance: roundRobin() },
    orders: { endpoints: ['http://127.0.0.1:9002'], balance: roundRobin() },
    console: { endpoints: ['http://127.0.0.1:9003'], balance: roundRobin() },
  },
  routes: [
    {
      path: '/users',
      to: 'users',
      plugins: [
        jwt({
          jwks: 'https://id.example.com/.well-known/jwks.json',
          issuer: 'https://id.example.com/',
          audience: 'https://api.example.com/users',
          scopes: ['users:read'],
          headers: { 'x-user': 'sub', 'x-roles': 'realm_access.roles' },
        }),
        rateLimit({ limit: 100, window: '1m', by: { claim: 'sub' } }),
      ],
    },
    {
      path: '/orders',
      to: 'orders',
      plugins: [
        apiKey({
          keys: [{ subject: 'billing', hash: env('BILLING_KEY'), claims: { plan: 'gold' } }],
          header: 'x-client',
        }),
      ],
    },
    {
      path: '/console',
      to: 'console',
      plugins: [
        ipAccess({ allow: ['10.0.0.0/8', '2001:db8::/32'] }),
        basicAuth({ users: [{ name: 'ada', hash: env('ADA_HASH') }], realm: 'console' }),
      ],
    },
  ],
  plugins: [accessLog()],
})
