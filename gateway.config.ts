import { defineGateway } from 'sluice'
import { circuitBreaker, leastTime, random, roundRobin, standard } from 'sluice/plugins'

// The showcase: `npm start` runs it in front of the three services of docs/examples/services.ts.
export default defineGateway({
  http: { host: '127.0.0.1', port: Number(process.env.PORT ?? 8080) },
  upstreams: {
    users: {
      endpoints: ['http://127.0.0.1:9001', 'http://127.0.0.1:9002', 'http://127.0.0.1:9003'],
      balance: roundRobin(),
      plugins: [circuitBreaker()],
    },
    lottery: {
      endpoints: ['http://127.0.0.1:9001', 'http://127.0.0.1:9002', 'http://127.0.0.1:9003'],
      balance: random(),
    },
    quickest: {
      endpoints: ['http://127.0.0.1:9001', 'http://127.0.0.1:9002', 'http://127.0.0.1:9003'],
      balance: leastTime(),
    },
  },
  routes: [
    { path: '/', to: 'users' },
    { path: '/lottery', to: 'lottery' },
    { path: '/quickest', to: 'quickest' },
  ],
  plugins: standard(),
})
