import { leastConnections, outlierEjection, powerOfTwo, roundRobin } from 'sluice/plugins'
import { defineScenario, lognormal, poisson } from 'sluice/simulate'

const one = { service: lognormal(20, 0.5), servers: 4 }

export default defineScenario(({ quick }) => {
  const endpoints = [
    { ...one, count: 9 },
    { ...one, id: 'slow', faults: [{ kind: 'slow', factor: 10, from: '15s', to: '45s' } as const] },
  ]
  const api = { endpoints, balance: roundRobin() }
  const during = { from: '20s', to: '45s' } as const
  return {
    title: 'One of ten becomes slow',
    story: `For half a minute one endpoint takes ten times as long: a disk that fails, a neighbour that is loud, a
      collector of garbage. It answers, so nothing that looks for failures sees anything.

      Who goes round gives it a tenth of all calls, which it cannot do: its queue grows, and a tenth of the clients
      wait for seconds. Who looks at what is in flight gives it what it can do, and hardly anybody notices.`,
    duration: quick ? '50s' : '70s',
    warmUp: '5s',
    slice: '1s',
    upstreams: { api },
    clients: [{ arrivals: poisson(1_000), timeout: '5s' }],
    variants: {
      'round robin': {},
      'round robin, ejection': {
        upstreams: { api: { ...api, plugins: [outlierEjection()] } },
      },
      'two choices': { upstreams: { api: { ...api, balance: powerOfTwo() } } },
      'two choices, peak EWMA': {
        upstreams: { api: { ...api, balance: powerOfTwo({ load: 'peak-ewma' }) } },
      },
      'least connections': { upstreams: { api: { ...api, balance: leastConnections() } } },
    },
    expect: {
      'round robin': { ...during, errorShare: { atLeast: 0.05 } },
      'round robin, ejection': { ...during, errorShare: 0.05 },
      'two choices': { ...during, p99: '600ms', errorShare: 0.001 },
      'two choices, peak EWMA': { ...during, p99: '400ms', errorShare: 0.001 },
      'least connections': { ...during, p99: '600ms', errorShare: 0.001 },
    },
  }
})
