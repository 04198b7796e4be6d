import { random } from 'sluice/plugins'
import { defineScenario, exponential, poisson } from 'sluice/simulate'

export default defineScenario(() => ({
  title: 'Thrown',
  duration: '5s',
  upstreams: {
    api: {
      endpoints: [{ service: exponential(10) }],
      balance: random(),
    },
  },
  clients: [
    {
      arrivals: poisson(0),
    },
  ],
}))
