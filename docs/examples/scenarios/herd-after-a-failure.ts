import {
  circuitBreaker,
  concurrencyLimit,
  outlierEjection,
  powerOfTwo,
  slowStart,
} from 'sluice/plugins'
import {
  type ClientRetry,
  defineScenario,
  type EndpointModel,
  exponential,
  lognormal,
  type ScenarioUpstream,
} from 'sluice/simulate'

const ENDLESS = Number.POSITIVE_INFINITY
/** As people do who press the button again, and many programs. */
const AT_ONCE: ClientRetry = { policy: 'immediate', times: ENDLESS }
const JITTER: ClientRetry = { policy: 'full', times: ENDLESS, base: '100ms', cap: '60s' }
const BUDGET = { share: 0.1, most: 100 }

export default defineScenario(({ quick }) => {
  const endsAt = quick ? 75_000 : 180_000
  // Ten of them can do 581 calls a second, nine 523.
  const one: EndpointModel = { service: lognormal(100, 0.8), servers: 8 }
  // Ten thousand who call every 18.5 s: 540 calls a second.
  const clients = (retry: ClientRetry) => [
    {
      count: 10_000,
      think: exponential(18_500),
      timeout: '1s',
      network: 1,
      retry,
    } as const,
  ]
  const api: ScenarioUpstream = {
    endpoints: [
      { ...one, count: 9 },
      {
        ...one,
        id: 'fails',
        cold: { factor: 3, for: '10s' },
        faults: [{ kind: 'refuse', from: '20s', to: '50s' }],
      },
    ],
    balance: powerOfTwo(),
  }
  const cured = (more: Partial<ScenarioUpstream>) => ({ upstreams: { api: { ...api, ...more } } })
  // A breaker learns from answers that come too late, and only a limit makes them so to the gateway.
  const timeouts = { response: '900ms' } as const
  const limit = concurrencyLimit({ max: 100, queue: { max: 100, wait: '300ms' } })
  const late = { from: endsAt - 20_000 }
  return {
    title: 'Herd after a failure',
    story: `Ten endpoints serve ten thousand clients who wait a second for an answer and then ask again, at once. They
      are busy for 93 % of the time, so there is none to spare. After twenty seconds one of them dies, and comes back
      after thirty more.

      Nine cannot do what ten did. Queues grow until every answer comes too late; then everybody asks every second, which
      is twenty times the load, and all work is for clients who have left. The tenth endpoint comes back, and
      nothing changes: the failure is over, its consequence is not. Such a state is called metastable.

      Waiting with jitter, alone, spreads the herd over minutes and does not make it smaller. A budget for retries lets
      the queues drain in the end. A breaker keeps the endpoints from drowning, but each time it opens the door the
      whole herd is behind it; a ramp lets a tenth of it in at first, which is better and not enough. A slow start is
      about the one that comes back, and the others are the trouble. A limit on what is let in, with a short
      queue, holds: what cannot be served in time hears so at once, with a time to come back. All together do not
      even notice.`,
    duration: endsAt,
    warmUp: '5s',
    slice: '1s',
    upstreams: { api },
    clients: clients(AT_ONCE),
    variants: {
      'no cure': {},
      'jittered backoff': {
        note: 'Full jitter, from 0.1 s up to a minute.',
        clients: clients(JITTER),
      },
      'retry budget': {
        note: 'One retry for ten calls; without a token a call fails.',
        clients: clients({ ...AT_ONCE, budget: BUDGET }),
      },
      'breaker without a ramp': {
        note: 'Closed, it lets everybody in.',
        ...cured({ timeouts, plugins: [circuitBreaker({ ramp: { step: 1 } })] }),
      },
      'breaker with its ramp': {
        note: 'A tenth more of them each second.',
        ...cured({ timeouts, plugins: [circuitBreaker()] }),
      },
      'slow start': {
        note: 'Behind ejection, for whoever was out.',
        ...cured({ plugins: [outlierEjection(), slowStart({ window: '15s' })] }),
      },
      'concurrency limit': {
        note: 'A hundred at once; a hundred may wait, 300 ms at most.',
        ...cured({ plugins: [limit] }),
      },
      'all together': {
        ...cured({
          timeouts,
          plugins: [limit, circuitBreaker(), outlierEjection(), slowStart({ window: '15s' })],
        }),
        clients: clients({ ...JITTER, budget: BUDGET }),
      },
    },
    expect: {
      'no cure': [
        { timeToRecover: 'never' },
        { ...late, goodput: { atMost: 1 }, errorShare: { atLeast: 0.99 } },
      ],
      'jittered backoff': { timeToRecover: 'never' },
      ...(quick ? {} : { 'retry budget': { timeToRecover: { atLeast: '20s', atMost: '110s' } } }),
      'breaker with its ramp': { amplification: 5 },
      'concurrency limit': [
        { timeToRecover: '5s', errorShare: 0.15 },
        { ...late, goodput: 500 },
      ],
      'all together': [
        { timeToRecover: '2s', errorShare: 0.1, amplification: 1.05 },
        { ...late, goodput: 500, p50: '200ms' },
      ],
    },
  }
})
