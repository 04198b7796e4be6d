import { defineGateway } from 'sluice'
import { forwardAuth, roundRobin } from 'sluice/plugins'

export default defineGateway({
  http: { host: '127.0.0.1', port: 8080 },
  upstreams: {
    app: { endpoints: ['http://127.0.0.1:9001'], balance: roundRobin() },
    login: { endpoints: ['http://127.0.0.1:4180'], balance: roundRobin() },
  },
  routes: [
    { path: '/oauth2', to: 'login' },
    {
      path: '/',
      to: 'app',
      plugins: [
        forwardAuth({
          url: 'http://127.0.0.1:4180/oauth2/auth',
          copy: ['x-auth-request-user', 'x-auth-request-groups'],
        }),
      ],
    },
  ],
})
