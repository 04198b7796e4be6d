import {
  healthCheck,
  leastConnections,
  powerOfTwo,
  roundRobin,
  slowStart,
  weightedRoundRobin,
} from 'sluice/plugins'
import { defineScenario, exponential, poisson } from 'sluice/simulate'

const one = { service: exponential(20), servers: 4 }

export default defineScenario(({ quick }) => {
  const endpoints = [
    { ...one, count: 9 },
    {
      ...one,
      id: 'joins',
      cold: { factor: 8, for: '10s' } as const,
      faults: [{ kind: 'refuse', from: '3s', to: '25s' } as const],
    },
  ]
  const check = healthCheck({ path: '/healthz', interval: '1s' })
  const api = { endpoints, balance: roundRobin(), plugins: [check] }
  const slow = [check, slowStart({ window: '20s' })]
  const during = { from: '25s', to: '40s' } as const
  return {
    title: 'A cold endpoint joins',
    story: `A tenth endpoint comes to help nine that are busy. Nothing is compiled yet, its caches are empty, it has
      no connections: at first it takes eight times as long, for ten seconds less and less.

      Its full share from the first second on is more than it can do. What is sent to it waits, and the help makes
      things worse. With a slow start its share grows as it warms up.`,
    duration: quick ? '45s' : '60s',
    warmUp: '10s',
    slice: '500ms',
    upstreams: { api },
    clients: [{ arrivals: poisson(1_350), timeout: '5s' }],
    variants: {
      'round robin': {},
      'round robin, slow start': {
        note: 'By weights, since a slow start is a matter of those.',
        upstreams: { api: { ...api, balance: weightedRoundRobin(), plugins: slow } },
      },
      'least connections': { upstreams: { api: { ...api, balance: leastConnections() } } },
      'two choices': { upstreams: { api: { ...api, balance: powerOfTwo() } } },
      'two choices, slow start': {
        upstreams: { api: { ...api, balance: powerOfTwo(), plugins: slow } },
      },
    },
    expect: {
      'round robin': { ...during, p99: { atLeast: '1s' } },
      'round robin, slow start': { ...during, p99: '1s' },
      'least connections': { ...during, p99: '500ms' },
      'two choices': { ...during, p99: '500ms' },
      'two choices, slow start': { ...during, p99: '400ms', errorShare: 0.001 },
    },
  }
})
