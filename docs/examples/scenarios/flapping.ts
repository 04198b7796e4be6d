import { healthCheck, outlierEjection, retry, roundRobin } from 'sluice/plugins'
import { defineScenario, exponential, type Fault, poisson } from 'sluice/simulate'

const one = { service: exponential(20), servers: 8 }

export default defineScenario(({ quick }) => {
  const times = quick ? 6 : 10
  // Two seconds away, two seconds there.
  const faults = Array.from({ length: times }, (_, turn): Fault => {
    const from = 10_000 + turn * 4_000
    return { kind: 'refuse', from, to: from + 2_000 }
  })
  const endpoints = [
    { ...one, count: 4 },
    { ...one, id: 'flaps', faults },
  ]
  const api = { endpoints, balance: roundRobin() }
  return {
    title: 'Flapping',
    story: `One of five endpoints starts, dies after two seconds, and starts again: out of memory, or a crash on one
      kind of request. Each time it comes back it gets its calls, and each time it goes some of them fail.

      Checks every second see each death a little late, for ever. Ejection sees it in its calls at once,
      and keeps it out twice as long each time it fails again.`,
    duration: 10_000 + times * 4_000 + 15_000,
    warmUp: '5s',
    slice: '500ms',
    upstreams: { api },
    clients: [{ arrivals: poisson(500), timeout: '1s' }],
    variants: {
      'nothing looks': {},
      'health check': {
        upstreams: {
          api: { ...api, plugins: [healthCheck({ path: '/healthz', interval: '1s' })] },
        },
      },
      ejection: { upstreams: { api: { ...api, plugins: [outlierEjection()] } } },
      'ejection, retry': { upstreams: { api: { ...api, plugins: [outlierEjection(), retry()] } } },
    },
    expect: {
      'nothing looks': { errorShare: { atLeast: 0.05 } },
      'health check': { errorShare: { atLeast: 0.02 } },
      ejection: { errorShare: 0.01 },
      'ejection, retry': { errorShare: 0.0005 },
    },
  }
})
