import { defineGateway, env } from 'sluice'
import { rateLimit, roundRobin } from 'sluice/plugins'

const { PORT = '8080', USERS = 'http://127.0.0.1:9001' } = process.env

export default defineGateway({
  http: { host: '127.0.0.1', port: Number(PORT), trust: ['10.0.0.0/8'] },
  upstreams: { users: { endpoints: [USERS], balance: roundRobin() } },
  routes: [
    {
      path: '/users',
      to: 'users',
      plugins: [
        rateLimit({
          limits: ['10/s', '1000/h'],
          by: { header: 'x-api-key' },
          group: 'users',
          redis: { url: env('REDIS_URL') },
          leased: true,
        }),
      ],
    },
    {
      path: '/login',
      methods: ['POST'],
      to: 'users',
      plugins: [
        rateLimit({
          limit: 5,
          window: '1m',
          group: 'login',
          redis: { url: env('REDIS_URL') },
          // Nobody tries passwords uncounted: where Redis does not answer in time, nobody logs in.
          onStoreError: 'closed',
          storeTimeout: '1s',
        }),
      ],
    },
  ],
  plugins: [rateLimit({ limit: 300, window: '1m', burst: 50, allow: ['10.0.0.0/8'] })],
})
