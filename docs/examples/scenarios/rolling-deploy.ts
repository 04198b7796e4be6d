import {
  healthCheck,
  outlierEjection,
  powerOfTwo,
  retry,
  roundRobin,
  slowStart,
} from 'sluice/plugins'
import { defineScenario, type EndpointModel, exponential, poisson } from 'sluice/simulate'

export default defineScenario(({ quick }) => {
  const count = quick ? 4 : 6
  // One after the other: three seconds away, then cold for five.
  const endpoints = Array.from({ length: count }, (_, turn): EndpointModel => {
    const from = 10_000 + turn * 8_000
    return {
      service: exponential(20),
      servers: 4,
      cold: { factor: 5, for: '5s' },
      faults: [{ kind: 'refuse', from, to: from + 3_000 }],
    }
  })
  const api = { endpoints, balance: roundRobin() }
  const check = healthCheck({ path: '/healthz', interval: '500ms' })
  return {
    title: 'A rolling deploy',
    story: `Every endpoint is stopped and started, one after the other, without a word to the gateway. For three
      seconds each is away, and for five more it is cold.

      The gateway learns of it from calls that are refused. Where nothing else happens, clients see those. A retry
      hides them, checks and ejection end them, and a slow start spares what has just come back.`,
    duration: 10_000 + count * 8_000 + 5_000,
    warmUp: '5s',
    slice: '500ms',
    upstreams: { api },
    clients: [{ arrivals: poisson(120 * count), timeout: '2s' }],
    variants: {
      'nothing looks': {},
      'health check': { upstreams: { api: { ...api, plugins: [check] } } },
      'health check, retry': { upstreams: { api: { ...api, plugins: [check, retry()] } } },
      'all of it': {
        note: 'Two choices, check, ejection, slow start and retry.',
        upstreams: {
          api: {
            ...api,
            balance: powerOfTwo(),
            plugins: [check, outlierEjection(), slowStart({ window: '5s' }), retry()],
          },
        },
      },
    },
    expect: {
      'nothing looks': { errorShare: { atLeast: 0.05 } },
      'health check': { errorShare: { atLeast: 0.003 } },
      'health check, retry': { errorShare: 0.01 },
      'all of it': { errorShare: 0.0005, p99: '500ms' },
    },
  }
})
