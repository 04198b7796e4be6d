import { random, retry } from 'sluice/plugins'
import { defineScenario, exponential, poisson } from 'sluice/simulate'

const endpoints = [
  { service: exponential(10), servers: 4 },
  {
    service: -1,
    faults: [{ kind: 'explode' }],
  },
]

export default defineScenario({
  title: 'Impossible', // a comment with { brackets [
  duration: '5s',
  upstreams: {
    api: {
      endpoints,
      balance: random(),
      plugins: [
        retry({
          retries: 99,
        }),
      ],
    },
  },
  clients: [
    { arrivals: poisson(100), count: 3 },
    {
      count: -3,
      think: exponential(10),
    },
  ],
  variants: {
    calm: {},
    wild: {
      durration: '3s',
    },
  },
  expect: {
    calm: {
      p99: 'soon',
      timeToRecover: '3s',
    },
    cal: {},
  },
} as never)
