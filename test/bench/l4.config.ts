import { defineGateway, env } from 'sluice'
import { roundRobin } from 'sluice/plugins'

/** What `npm run bench:l4` measures. */
export default defineGateway({
  tcp: [{ port: Number(env('PORT')), host: '127.0.0.1', to: 'endpoint' }],
  upstreams: {
    endpoint: {
      endpoints: [env('ORIGIN').replace('http:', 'tcp:')],
      balance: roundRobin(),
    },
  },
})
