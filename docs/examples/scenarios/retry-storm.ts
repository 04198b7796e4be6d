import { random } from 'sluice/plugins'
import { type ClientRetry, defineScenario, exponential, poisson } from 'sluice/simulate'

const CAPACITY = { service: exponential(10), servers: 10 }

export default defineScenario(({ quick }) => {
  const endsAt = quick ? 80_000 : 150_000
  const clients = (retry: ClientRetry) => [
    { arrivals: poisson(700), timeout: '1s', retry, network: 0.5 } as const,
  ]
  const api = (forMs: number, queue?: number) => ({
    endpoints: [
      {
        ...CAPACITY,
        ...(queue === undefined ? {} : { queue }),
        faults: [{ kind: 'capacity', servers: 2, from: '20s', to: 20_000 + forMs } as const],
      },
    ],
    balance: random(),
  })
  const after = { from: endsAt - 30_000 }
  return {
    title: 'Retry storm',
    story: `A service that can do 1,000 calls a second gets 700. For ten seconds it can do 200 only: its queue
      grows beyond what clients wait for, so every answer comes too late, and they ask again.

      Once they all do, 700 calls a second are 2,800 attempts. The service is whole again after ten
      seconds, and works as hard as it can on attempts that nobody waits for any more. It does not come
      back by itself: the storm feeds itself. Without retries it is well again at once; with a budget for
      retries it takes a while; where it says no to what it cannot do in time, there is no storm at all.
      Waits between the retries, jittered or not, only delay the load: as much of it comes.`,
    duration: endsAt,
    warmUp: '5s',
    slice: '1s',
    upstreams: { api: api(10_000) },
    clients: clients({ policy: 'immediate', times: 3 }),
    variants: {
      'no retries': { clients: clients({ policy: 'none' }) },
      'one retry': { clients: clients({ policy: 'immediate', times: 1 }) },
      'three retries': {},
      'three retries, two seconds': {
        note: 'Two seconds of trouble are enough.',
        upstreams: { api: api(2_000) },
      },
      'full jitter': {
        note: 'From 0.1 to 10 s between them. Backoff delays load, it does not remove it.',
        clients: clients({ policy: 'full', times: 3, base: '100ms', cap: '10s' }),
      },
      'retry budget': {
        note: 'A token for each tenth call, a hundred kept at most.',
        clients: clients({ policy: 'immediate', times: 3, budget: { share: 0.1, most: 100 } }),
      },
      'bounded queue': {
        note: 'At most 100 wait; the others get 503 at once.',
        upstreams: { api: api(10_000, 100) },
      },
    },
    expect: {
      'no retries': { timeToRecover: '18s', amplification: 1 },
      'one retry': [
        { timeToRecover: 'never' },
        { ...after, goodput: { atMost: 20 }, amplification: { atLeast: 1.95, atMost: 2.05 } },
      ],
      'three retries': [
        { timeToRecover: 'never' },
        { ...after, goodput: { atMost: 20 }, amplification: { atLeast: 3.9, atMost: 4.1 } },
      ],
      'three retries, two seconds': { timeToRecover: 'never' },
      'full jitter': [{ timeToRecover: 'never' }, { ...after, amplification: { atLeast: 3.7 } }],
      'retry budget': [
        { timeToRecover: { atLeast: '14s', atMost: '28s' } },
        { ...after, goodput: 670 },
      ],
      'bounded queue': [{ timeToRecover: '2s' }, { ...after, goodput: 670, amplification: 1.02 }],
    },
  }
})
