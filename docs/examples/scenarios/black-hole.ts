import { leastConnections, outlierEjection, powerOfTwo, retry, roundRobin } from 'sluice/plugins'
import { defineScenario, exponential, poisson } from 'sluice/simulate'

const one = { service: exponential(20), servers: 8 }

export default defineScenario(({ quick }) => {
  const endpoints = [
    { ...one, count: 9 },
    {
      ...one,
      id: 'hole',
      faults: [{ kind: 'fail', after: 1, status: 500, from: '10s', to: '40s' } as const],
    },
  ]
  const api = { endpoints, balance: leastConnections() }
  const turns = { endpoints, balance: roundRobin() }
  const during = { from: '10s', to: '40s' } as const
  return {
    title: 'A black hole that fails fast',
    story: `One of ten endpoints answers everything with 500, within a millisecond: a lost connection to its
      database, a full disk. It is the fastest of all, and never has anything in flight.

      Who goes round loses a tenth of all calls. A strategy that looks for the least load could lose nearly all of
      them; Sluice's do not fall for it, since to them a failure is never attractive. Ejection takes the endpoint
      out of the way, and a retry hides what is left.`,
    duration: quick ? '50s' : '60s',
    warmUp: '5s',
    slice: '1s',
    upstreams: { api },
    clients: [{ arrivals: poisson(1_000), timeout: '2s' }],
    variants: {
      'round robin': { upstreams: { api: turns } },
      'least connections': {},
      'two choices': { upstreams: { api: { ...api, balance: powerOfTwo() } } },
      'round robin, ejection': {
        upstreams: { api: { ...turns, plugins: [outlierEjection()] } },
      },
      'round robin, ejection, retry': {
        note: 'A retry for 500 too, as all calls may be sent twice.',
        upstreams: {
          api: { ...turns, plugins: [outlierEjection(), retry({ statuses: [500, 503] })] },
        },
      },
    },
    expect: {
      'round robin': { ...during, errorShare: { atLeast: 0.09, atMost: 0.11 } },
      'least connections': { ...during, errorShare: 0.005 },
      'two choices': { ...during, errorShare: 0.005 },
      'round robin, ejection': { ...during, errorShare: 0.02 },
      'round robin, ejection, retry': { ...during, errorShare: 0.002, amplification: 1.03 },
    },
  }
})
