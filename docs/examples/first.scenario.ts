import { outlierEjection, powerOfTwo, retry } from 'sluice/plugins'
import {
  defineScenario,
  exponential,
  type Fault,
  poisson,
  type ScenarioUpstream,
} from 'sluice/simulate'

const endpoint = { service: exponential(20), servers: 8 }
const crash: Fault = { kind: 'refuse', from: '20s', to: '40s' }
const api: ScenarioUpstream = {
  endpoints: [
    { ...endpoint, count: 4 },
    { ...endpoint, faults: [crash], cold: { factor: 4, for: '10s' } },
  ],
  balance: powerOfTwo(),
}

export default defineScenario({
  title: 'One of five crashes',
  story: 'Twenty seconds without it, and ten until it is warm again.',
  duration: '60s',
  warmUp: '5s',
  slice: '500ms',
  upstreams: { api },
  clients: [
    {
      arrivals: poisson(600),
      timeout: '1s',
      retry: { policy: 'full', times: 2, base: '100ms', cap: '2s', budget: { share: 0.1 } },
    },
  ],
  variants: {
    bare: {},
    cured: { upstreams: { api: { ...api, plugins: [outlierEjection(), retry()] } } },
  },
  expect: {
    all: { timeToRecover: '5s', p99: '400ms' },
    cured: [
      { errorShare: 0.001, amplification: 1.02 },
      { from: '20s', to: '40s', p99: '300ms', goodput: 580 },
    ],
  },
})
