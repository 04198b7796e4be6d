import { defineGateway } from 'sluice'
import { roundRobin } from 'sluice/plugins'

export default defineGateway({
  http: { host: '127.0.0.1', port: 8080 },
  upstreams: {
    users: { endpoints: ['http://127.0.0.1:9001'], balance: roundRobin(), host: 'users.internal' },
  },
  routes: [
    { path: '/users', to: 'users', rewrite: { prefix: '/v1' } },
    { path: '/app/*', to: 'users', rewrite: { prefix: '/' } },
    { path: '/people/:id', exact: true, to: 'users', rewrite: { path: '/v1/:id/profile' } },
    { path: '/members/*', redirect: { to: '/users/{param.*}{query}', status: 308 } },
    { host: 'old.example.com', redirect: { to: 'https://example.com{path}{query}', status: 301 } },
  ],
})
