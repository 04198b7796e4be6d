import { random } from 'sluice/plugins'
import { constant, defineScenario, steady } from 'sluice/simulate'

export default defineScenario({
  title: 'Missed',
  duration: '5s',
  upstreams: { api: { endpoints: [{ service: constant(50) }], balance: random() } },
  clients: [{ arrivals: steady(100) }],
  expect: { all: { p99: '20ms', errorShare: 0 } },
})
