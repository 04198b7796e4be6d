import { random, retry } from 'sluice/plugins'
import { defineScenario, exponential, poisson } from 'sluice/simulate'

const upstream = { endpoints: [{ service: exponential(10) }], balance: random() }
const good = {
  title: 'Good',
  duration: '1m',
  upstreams: { api: upstream },
  clients: [{ arrivals: poisson(10) }],
} as const

defineScenario({ ...good, routes: [{ path: '/', to: 'api' }], variants: { a: {}, b: {} } })
defineScenario(({ quick }) => ({ ...good, duration: quick ? '1s' : '1m' }))
defineScenario({ ...good, variants: { a: {} }, expect: { all: { p99: '1s' }, a: { goodput: 5 } } })

// @ts-expect-error: an upstream that there is not
defineScenario({ ...good, routes: [{ path: '/', to: 'apj' }] })

// @ts-expect-error: a variant that there is not
defineScenario({ ...good, variants: { a: {} }, expect: { b: { p99: '1s' } } })

// @ts-expect-error: a plugin is no strategy
defineScenario({ ...good, upstreams: { api: { ...upstream, balance: retry() } } })

// @ts-expect-error: an endpoint is a model, not a URL
defineScenario({ ...good, upstreams: { api: { ...upstream, endpoints: ['http://10.0.0.1'] } } })

// @ts-expect-error: a policy that there is not
defineScenario({ ...good, clients: [{ arrivals: poisson(1), retry: { policy: 'jitter' } }] })

// @ts-expect-error: a figure that there is not
defineScenario({ ...good, expect: { all: { p98: '1s' } } })
