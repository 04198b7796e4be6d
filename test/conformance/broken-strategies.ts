import type { Claims } from '../../core/conformance/claims.ts'
import type { Endpoint } from '../../core/contracts/endpoint.ts'
import type { Strategy } from '../../core/contracts/strategy.ts'
import type { StrategyUse } from '../../core/contracts/uses.ts'
import { defineStrategy, RNG, type Rng, Type } from '../../core/index.ts'

/** A strategy with one mistake, and what must be said of it. */
export interface Broken {
  readonly use: () => StrategyUse
  readonly claims?: Claims
  /** The checks that must find it, by the beginning of their names, and what they must say. */
  readonly found: Readonly<Record<string, RegExp>>
}

/** A strategy from a function that picks from the last snapshot. */
function picking(
  pick: (ready: readonly Endpoint[], rng: Rng, key: number) => Endpoint | undefined,
  more: Partial<Strategy> = {},
): () => StrategyUse {
  return defineStrategy({
    name: 'broken',
    options: Type.Object({}),
    inject: [RNG],
    create(_options, rng) {
      let ready: readonly Endpoint[] = []
      return {
        update(endpoints) {
          ready = endpoints
        },
        pick: ({ key }) => pick(ready, rng, key),
        ...more,
      }
    },
  })
}

function drawn(ready: readonly Endpoint[], rng: Rng): Endpoint | undefined {
  return ready.length === 0 ? undefined : ready[rng.below(ready.length)]
}

function lighter(a: Endpoint | undefined, b: Endpoint | undefined): Endpoint | undefined {
  if (a === undefined || b === undefined) return a
  return b.inflight < a.inflight ? b : a
}

/** Numbers by index that outlive the endpoint they were of. */
function learning(unknown: number): () => StrategyUse {
  return defineStrategy({
    name: 'broken',
    options: Type.Object({}),
    create() {
      let ready: readonly Endpoint[] = []
      const latencyMs: number[] = []
      const cost = ({ index, inflight }: Endpoint): number =>
        (latencyMs[index] ?? unknown) * (inflight + 1)
      return {
        update(endpoints) {
          ready = endpoints
        },
        pick() {
          let best = ready[0]
          for (const one of ready) if (best !== undefined && cost(one) < cost(best)) best = one
          return best
        },
        settle({ index }, ms) {
          latencyMs[index] = (latencyMs[index] ?? ms) * 0.9 + ms * 0.1
        },
      }
    },
  })
}

let calls = 0

export const BROKEN: Readonly<Record<string, Broken>> = {
  'keeps the first snapshot': {
    use: defineStrategy({
      name: 'broken',
      options: Type.Object({}),
      inject: [RNG],
      create(_options, rng) {
        let ready: readonly Endpoint[] = []
        return {
          update(endpoints) {
            if (ready.length === 0) ready = endpoints
          },
          pick: () => drawn(ready, rng),
        }
      },
    }),
    found: {
      'no pick is outside the last snapshot': /round [12]/,
      'an empty set gives no endpoint': /AssertionError/,
    },
  },
  'counts on an endpoint': {
    use: picking((ready, rng) => {
      const endpoint = ready[rng.below(Math.max(1, ready.length))]
      if (endpoint === undefined) throw new RangeError('nothing to pick')
      return endpoint
    }),
    found: {
      'an empty set gives no endpoint': /RangeError: nothing to pick/,
    },
  },
  'never takes the last one': {
    use: picking((ready, rng) => ready[rng.below(Math.max(1, ready.length - 1))]),
    found: {
      'equal endpoints get equal shares:': /2 endpoints: 100000,0$/,
    },
  },
  'sorts the list it was given': {
    use: picking((ready, rng) => {
      if (ready.length > 1) (ready as Endpoint[]).reverse()
      return drawn(ready, rng)
    }),
    found: {
      'the snapshot it was given stays as it was': /read only/,
    },
  },
  'has chance of its own': {
    use: picking((ready) => {
      calls = (Math.imul(calls, 1_664_525) + 1_013_904_223) >>> 0
      return ready[Math.floor((calls / 2 ** 32) * ready.length)]
    }),
    found: {
      'the same seed gives the same picks': /AssertionError/,
    },
  },
  'breaks ties by place': {
    use: picking((ready) => ready.reduce<Endpoint | undefined>(lighter, ready[0])),
    claims: { cost: 'O(n)' },
    found: {
      'equal endpoints get equal shares:': /2 endpoints: 100000,0$/,
    },
  },
  'claims turns and throws dice': {
    use: picking(drawn),
    claims: { fair: 'turns' },
    found: {
      'equal endpoints get equal shares:': /cycle 1/,
    },
  },
  'claims weights and looks at none': {
    use: picking(drawn),
    claims: { weights: 'chance' },
    found: {
      'shares are in proportion to the weights': /5 endpoints: /,
    },
  },
  'draws with replacement': {
    use: picking((ready, rng) => lighter(drawn(ready, rng), drawn(ready, rng))),
    claims: { choices: 2 },
    found: {
      'the least loaded of 2 different endpoints': /are draws repeated/,
    },
  },
  'draws neighbours': {
    use: picking((ready, rng) => {
      const at = ready.length === 0 ? 0 : rng.below(ready.length)
      return lighter(ready[at], ready[(at + 1) % ready.length])
    }),
    claims: { choices: 2 },
    found: {
      'the least loaded of 2 different endpoints': /seed \d+: /,
    },
  },
  'counts flows of endpoints that left': {
    use: defineStrategy({
      name: 'broken',
      options: Type.Object({}),
      inject: [RNG],
      create(_options, rng) {
        let ready: readonly Endpoint[] = []
        const counts = new Map<Endpoint, number>()
        return {
          update(endpoints) {
            ready = endpoints
          },
          pick: () => drawn(ready, rng),
          start: (endpoint) => counts.set(endpoint, (counts.get(endpoint) ?? 0) + 1),
          settle(endpoint) {
            const count = counts.get(endpoint)
            if (count === undefined || !ready.includes(endpoint)) throw new Error('who is that?')
            counts.set(endpoint, count - 1)
          },
        }
      },
    }),
    found: {
      'flows of endpoints that left may start and settle at any time': /who is that/,
    },
  },
  'takes no latency for a fast one': {
    use: learning(0),
    claims: { cost: 'O(n)' },
    found: {
      'a newcomer is neither flooded nor starved': /flooded: \d/,
    },
  },
  'takes no latency for a slow one': {
    use: learning(1e9),
    claims: { cost: 'O(n)' },
    found: {
      'a newcomer is neither flooded nor starved': /starved: 0.00 times/,
    },
  },
  'takes a fast failure for a fast answer': {
    use: learning(100),
    claims: { judges: true, cost: 'O(n)' },
    found: {
      'an endpoint that fails fast draws no traffic by it': /it got [1-9]\d.*%, due 10 %/,
    },
  },
  'hashes by the number of endpoints': {
    use: picking((ready, rng, key) => (key < 0 ? drawn(ready, rng) : ready[key % ready.length])),
    claims: { moves: 0.02, fair: 0.3 },
    found: {
      'equal keys get equal endpoints': /keys differ/,
      'when an endpoint leaves or joins, few keys move that need not': /keys moved/,
    },
  },
  'makes a list for each pick': {
    use: picking((ready, rng) => drawn([...ready], rng)),
    claims: { cost: 'O(n)' },
    found: {
      'picking allocates nothing': /bytes a pick/,
    },
  },
  // Its garbage fills what the engine sets aside about as often as a round of picks is long.
  'takes 176 bytes for each pick': {
    use: picking((ready, rng) => {
      const one = drawn(ready, rng)
      return one === undefined ? one : new Array<Endpoint>(16).fill(one).at(-1)
    }),
    claims: {},
    found: { 'picking allocates nothing': /bytes a pick/ },
  },
  'scans and says it does not': {
    use: picking((ready, rng) => {
      let least = Number.POSITIVE_INFINITY
      for (const { inflight } of ready) if (inflight < least) least = inflight
      return least < 0 ? undefined : drawn(ready, rng)
    }),
    found: {
      'a pick costs O(1)': /times as long at 10000 endpoints as at 10/,
    },
  },
  'keeps everyone it has seen': {
    use: defineStrategy({
      name: 'broken',
      options: Type.Object({}),
      inject: [RNG],
      create(_options, rng) {
        const seen = new Set<Endpoint>()
        let ready: readonly Endpoint[] = []
        return {
          update(endpoints) {
            ready = endpoints
            for (const endpoint of endpoints) seen.add(endpoint)
          },
          pick: () => drawn(ready, rng),
        }
      },
    }),
    found: {
      'endpoints that come and go leave nothing behind': /\d+ bytes/,
    },
  },
}
