import { defineGateway, env } from 'sluice'
import { roundRobin } from 'sluice/plugins'

/** What `npm run bench:udp` measures. */
export default defineGateway({
  udp: [{ port: Number(env('PORT')), host: '127.0.0.1', to: 'endpoint', flow: 'oneShot' }],
  upstreams: {
    endpoint: {
      endpoints: [env('ORIGIN').replace('http:', 'udp:')],
      balance: roundRobin(),
    },
  },
})
