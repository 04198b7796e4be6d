import { powerOfTwo, retry } from 'sluice/plugins'
import { defineScenario, exponential, poisson, type ScenarioFile } from 'sluice/simulate'

/** Ten seconds of three endpoints, one of which is away for two of them. */
export const small = defineScenario({
  title: 'Small <& "quick">',
  story: 'Three endpoints.\n\n      One is away.',
  duration: '10s',
  warmUp: '1s',
  slice: '200ms',
  upstreams: {
    api: {
      endpoints: [
        { service: exponential(10), servers: 4, count: 2 },
        {
          service: exponential(10),
          servers: 4,
          faults: [{ kind: 'refuse', from: '4s', to: '6s' }],
        },
      ],
      balance: powerOfTwo(),
    },
  },
  clients: [{ arrivals: poisson(300), timeout: '1s' }],
  variants: {
    bare: { note: 'Nothing <helps>.' },
    'with a retry': {
      upstreams: {
        api: {
          endpoints: [
            { service: exponential(10), servers: 4, count: 2 },
            {
              service: exponential(10),
              servers: 4,
              faults: [{ kind: 'refuse', from: '4s', to: '6s' }],
            },
          ],
          balance: powerOfTwo(),
          plugins: [retry()],
        },
      },
    },
  },
  expect: { all: { p99: '200ms', timeToRecover: '3s' }, 'with a retry': { errorShare: 0 } },
}) as ScenarioFile
