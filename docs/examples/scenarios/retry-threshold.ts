import { random } from 'sluice/plugins'
import { defineScenario, exponential, poisson } from 'sluice/simulate'

const RETRIES = 3

export default defineScenario(() => {
  const clients = (perSecond: number) => [
    {
      arrivals: poisson(perSecond),
      timeout: '1s',
      retry: { policy: 'immediate', times: RETRIES },
      network: 0.5,
    } as const,
  ]
  return {
    title: 'The threshold of a retry storm',
    story: `How much load can a service have so that a retry storm ends by itself? With r retries each call is 1 + r
      attempts while all of them fail. If the service can do that many, its queue drains; if not, never.

      This one can do 1,000 a second, and clients try three times more: the threshold is 250 calls a second, a
      quarter of what it can do. At 240 it comes back, in its own time. At 260 it does not.`,
    duration: '400s',
    warmUp: '5s',
    slice: '2s',
    upstreams: {
      api: {
        endpoints: [
          {
            service: exponential(10),
            servers: 10,
            faults: [{ kind: 'capacity', servers: 2, from: '20s', to: '30s' }],
          },
        ],
        balance: random(),
      },
    },
    clients: clients(240),
    variants: {
      '240 calls a second': {},
      '260 calls a second': { clients: clients(260) },
    },
    expect: {
      '240 calls a second': [{ timeToRecover: '350s' }, { from: '390s', errorShare: 0.01 }],
      '260 calls a second': [{ timeToRecover: 'never' }, { from: '390s', goodput: { atMost: 10 } }],
    },
  }
})
