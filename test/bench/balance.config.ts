import { defineGateway } from 'sluice'
import { powerOfTwo, random, roundRobin } from 'sluice/plugins'

const { PORT = '8080', ORIGIN = 'http://127.0.0.1:9000', BALANCE, ENDPOINTS = '10' } = process.env

// The origin under ten names: what a strategy costs shows with several endpoints alone.
export default defineGateway({
  http: { host: '127.0.0.1', port: Number(PORT) },
  upstreams: {
    origin: {
      endpoints: Array.from({ length: Number(ENDPOINTS) }, (_, n) => ({
        url: ORIGIN,
        id: `origin-${n}`,
      })),
      balance:
        BALANCE === 'inflight' || BALANCE === 'peak-ewma'
          ? powerOfTwo({ load: BALANCE })
          : BALANCE === 'chance'
            ? random()
            : roundRobin(),
    },
  },
  routes: [{ path: '/', to: 'origin' }],
})
