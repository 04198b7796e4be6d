import { random } from 'sluice/plugins'
import { type BackoffPolicy, defineScenario, normal } from 'sluice/simulate'

const NETWORK = normal(10, 2)
// A write goes back and forth between its reading and its end: twice the way.
const BETWEEN = normal(20, 2 * Math.SQRT2)

export default defineScenario(({ quick }) => {
  const clients = (policy: BackoffPolicy) => [
    {
      count: 100,
      calls: 1,
      start: 'together',
      network: NETWORK,
      retry: { policy, times: Number.POSITIVE_INFINITY, base: '5ms', cap: '2s' },
    } as const,
  ]
  const about = (value: number) => {
    const share = quick ? 0.08 : 0.03
    return { atLeast: value * (1 - share), atMost: value * (1 + share) }
  }
  return {
    title: 'Exponential backoff and jitter',
    story: `A hundred clients want to change one row, at once. Each reads it, and writes it if nobody else has
      meanwhile; else it waits and begins again. This is the study of AWS's "Exponential Backoff And Jitter" (2015),
      and its figures: how much work each way to wait makes, and how long it takes until all are done.

      Without a wait all of them come again and again: most work, and the quickest, as nothing else is slowed
      by it here. Growing waits alone keep those together who failed together, and take half a minute for what
      takes five seconds with chance in it. With full jitter there is least to do.`,
    duration: '200s',
    slice: '1s',
    runs: quick ? 20 : 100,
    upstreams: { row: { endpoints: [{ service: BETWEEN, contended: true }], balance: random() } },
    clients: clients('immediate'),
    variants: {
      none: {},
      exponential: { clients: clients('exponential') },
      equal: { note: 'Equal jitter.', clients: clients('equal') },
      full: { note: 'Full jitter.', clients: clients('full') },
      decorrelated: { note: 'Decorrelated jitter.', clients: clients('decorrelated') },
    },
    expect: {
      none: { requests: about(2_425), completion: about(2_029) },
      exponential: { requests: about(1_856), completion: about(63_784) },
      equal: { requests: about(812), completion: about(6_777) },
      full: { requests: about(795), completion: about(4_927) },
      decorrelated: { requests: about(1_000), completion: about(4_376) },
    },
  }
})
