import { random } from 'sluice/plugins'
import { defineScenario, exponential, poisson } from 'sluice/simulate'

export default defineScenario({
  title: 'Fine',
  duration: '5s',
  upstreams: { api: { endpoints: [{ service: exponential(10), servers: 4 }], balance: random() } },
  clients: [{ arrivals: poisson(100) }],
  variants: { one: {}, two: { clients: [{ arrivals: poisson(200) }] } },
  expect: { one: { p99: '100ms' } },
})
