// Compiled by tsc, never run: each line under @ts-expect-error is a mistake that must not compile.
import {
  bind,
  CLOCK,
  type Clock,
  checked,
  contextKey,
  definePlugin,
  defineStrategy,
  duration,
  type Endpoint,
  type Flow,
  LOGGER,
  RNG,
  type Rng,
  ROUTER,
  type Strategy,
  size,
  TRANSPORT,
  Type,
  token,
} from 'sluice'
import { createGateway } from 'sluice/gateway'
import { createTestGateway, fakeExchange, SeededRng, VirtualClock } from 'sluice/testing'

const name = 'subject'
const options = Type.Object({})
const strategy: Strategy = { update() {}, pick: () => undefined }

/** Compiles only where the two types are equal. */
type Equal<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
function same<_IsSame extends true>(): void {}

// What must compile.

definePlugin({ name, options, create: () => ({}) })
definePlugin({ name, options, inject: [], create: () => ({}) })
definePlugin({ name, options, inject: [CLOCK, RNG], create: (_options, _clock, _rng) => ({}) })
definePlugin({
  name,
  options,
  inject: [CLOCK, RNG] as const,
  create(_options, clock, rng) {
    same<Equal<typeof clock, Clock>>()
    return { request: (exchange) => exchange.setHeader('x-at', String(clock.now() + rng.unit())) }
  },
})
defineStrategy({ name, options, inject: [RNG], create: (_options, _rng) => strategy })

// Options arrive complete: units as numbers, optional ones there.

definePlugin({
  name,
  options: Type.Object({
    required: Type.String(),
    every: duration(),
    pause: Type.Optional(duration({ default: '1s' })),
    buffer: Type.Optional(size({ default: '64kb' })),
    burst: Type.Optional(Type.Number({ default: 3 })),
    steps: Type.Optional(Type.Array(duration(), { default: [] })),
    nested: Type.Optional(
      Type.Object({ wait: Type.Optional(duration({ default: 0 })) }, { default: {} }),
    ),
    mode: Type.Optional(
      Type.Union([Type.Literal('fast'), Type.Literal('safe')], { default: 'fast' }),
    ),
  }),
  create(given) {
    same<Equal<typeof given.required, string>>()
    same<Equal<typeof given.every, number>>()
    same<Equal<typeof given.pause, number>>()
    same<Equal<typeof given.buffer, number>>()
    same<Equal<typeof given.burst, number>>()
    same<Equal<typeof given.steps, readonly number[]>>()
    same<Equal<typeof given.nested.wait, number>>()
    same<Equal<typeof given.mode, 'fast' | 'safe'>>()
    // @ts-expect-error: options are read-only
    given.burst = 4
    // @ts-expect-error: there is no option `brust`
    given.brust
    return {}
  },
})

// @ts-expect-error: a check sees what a plugin does, here a number of ms
checked(duration(), (wait) => wait.startsWith('1'))
// @ts-expect-error: a check gives a sentence
checked(Type.String(), (text) => text !== '')

// The inject tuple.

definePlugin({
  name,
  options,
  inject: [CLOCK, RNG],
  // @ts-expect-error: the services come in the tuple's order
  create: (_options, _rng: Rng, _clock: Clock) => ({}),
})
definePlugin({
  name,
  options,
  inject: [CLOCK, RNG],
  // @ts-expect-error: the first service is the clock
  create: (_options, rng, _clock) => ({ request: () => void rng.unit() }),
})
definePlugin({
  name,
  options,
  // @ts-expect-error: a service was taken that nothing declares
  create: (_options, clock) => ({ request: () => void clock.now() }),
})
definePlugin({
  name,
  options,
  inject: [LOGGER],
  // @ts-expect-error: the logger is no clock
  create: (_options, clock: Clock) => ({ request: () => void clock.now() }),
})
// @ts-expect-error: a token is no text
definePlugin({ name, options, inject: ['CLOCK'], create: (_options, _clock) => ({}) })

// What `create` returns.

// @ts-expect-error: a plugin's facets are functions
definePlugin({ name, options, create: () => ({ request: 5 }) })
// @ts-expect-error: a facet that does not exist
definePlugin({ name, options, create: () => ({ onRequest() {} }) })
// @ts-expect-error: a strategy must pick
defineStrategy({ name, options, create: () => ({ update() {} }) })
// @ts-expect-error: a strategy must not be asynchronous
defineStrategy({ name, options, create: () => ({ update() {}, pick: async () => undefined }) })
// @ts-expect-error: options are an object's schema
definePlugin({ name, options: Type.String(), create: () => ({}) })

// Bindings.

interface Store {
  read(key: string): string
}
const STORE = token<Store>('STORE')

bind(CLOCK, new VirtualClock())
bind(RNG, new SeededRng(1))
bind(STORE, { read: (key) => key })
bind(ROUTER, (routes) => ({ find: () => routes.length - 1, allowed: () => [], params: () => ({}) }))
bind(ROUTER, () => ({
  find: (request) => (request.header('x-a') === undefined ? -1 : request.path.length),
  allowed: () => [],
  params: () => ({}),
}))
bind(ROUTER, () => ({
  // @ts-expect-error: a router is given a request, not its method
  find: (method: string) => method.length,
  allowed: () => [],
  params: () => ({}),
}))
// @ts-expect-error: a generator of chance is no clock
bind(CLOCK, new SeededRng(1))
// @ts-expect-error: a clock is no generator of chance
bind(RNG, new VirtualClock())
// @ts-expect-error: a number is no clock
bind(CLOCK, 5)
// @ts-expect-error: a store must read
bind(STORE, {})
// @ts-expect-error: a console is not how the network is reached
bind(TRANSPORT, console)

// Typed keys of a flow's context.

const TENANT = contextKey<string>('tenant')
const { flow } = fakeExchange()
flow.context.set(TENANT, 'acme')
same<Equal<ReturnType<typeof tenantOf>, string | undefined>>()
// @ts-expect-error: a tenant is a text
flow.context.set(TENANT, 5)

function tenantOf(of: Flow) {
  return of.context.get(TENANT)
}

// Contracts are read-only where they say so.

export function readOnly(endpoint: Endpoint, of: Flow): void {
  // @ts-expect-error: only the upstream counts
  endpoint.inflight++
  // @ts-expect-error: only the upstream weighs
  endpoint.weight = 2
  // @ts-expect-error: only the upstream counts attempts
  of.attempt = 2
  of.prefer = endpoint
}

// Embedding takes the same names.

const config = {
  http: { port: 0 },
  upstreams: {
    a: {
      endpoints: ['http://a.test'],
      balance: defineStrategy({ name, options, create: () => strategy })(),
    },
  },
}
void createGateway({ ...config, routes: [{ to: 'a' }] })
void createTestGateway({ ...config, routes: [{ to: 'a' }] })
// @ts-expect-error: no upstream is called "b"
void createGateway({ ...config, routes: [{ to: 'b' }] })
// @ts-expect-error: no upstream is called "b"
void createTestGateway({ ...config, routes: [{ to: 'b' }] })

// What a plugin says about answers and refusals.

definePlugin({ name, options, create: () => ({ identity: ['x-user-id'] }) })
definePlugin({
  name,
  options,
  create: () => ({
    refused: (exchange, { status, title }) => ({
      headers: { 'content-type': 'text/plain' },
      body: `${status} ${title} ${exchange.summary.sent}`,
    }),
    answer: (_exchange, answer) => answer.setHeader('x-status', String(answer.status)),
  }),
})
definePlugin({
  name,
  options,
  create: () => ({
    answer(exchange, answer) {
      // @ts-expect-error: the status is settled by then
      answer.status = 200
      // @ts-expect-error: an id is changed by identify
      exchange.id = 'x'
      // @ts-expect-error: a summary is read
      exchange.summary.sent = 1
    },
  }),
})
// @ts-expect-error: a page has headers
definePlugin({ name, options, create: () => ({ refused: () => ({ body: 'x' }) }) })
// @ts-expect-error: identity is a list of names
definePlugin({ name, options, create: () => ({ identity: 'x-user-id' }) })
