import { defineGateway, env } from 'sluice'
import { powerOfTwo, stickySession } from 'sluice/plugins'

export default defineGateway({
  http: { host: '127.0.0.1', port: 8080 },
  upstreams: {
    shop: {
      endpoints: ['http://127.0.0.1:9001', 'http://127.0.0.1:9002'],
      balance: powerOfTwo(),
    },
    tools: {
      endpoints: ['http://127.0.0.1:9003', 'http://127.0.0.1:9004'],
      balance: powerOfTwo(),
      plugins: [stickySession({ learn: { header: 'mcp-session-id' } })],
    },
  },
  routes: [
    {
      path: '/',
      to: 'shop',
      plugins: [
        stickySession({
          learn: { cookie: 'JSESSIONID' },
          idle: '30m',
          redis: { url: env('REDIS_URL') },
        }),
      ],
    },
    { path: '/mcp', to: 'tools' },
  ],
})
