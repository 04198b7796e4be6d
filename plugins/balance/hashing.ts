import {
  type Clock,
  checked,
  type KeySource,
  keySource,
  type Rng,
  type Strategy,
  Type,
} from '#core'
import { Hashed, type Table } from './hashing/hashed.ts'
import { LeastConnections } from './least-connections.ts'
import { Failures } from './load/failures.ts'
import { PowerOfTwo } from './power-of-two.ts'
import { Random } from './random.ts'
import { RoundRobin } from './round-robin.ts'

// The defaults of those strategies.
const MODEST = { memory: 10_000, penalty: 2 }

/** Strategies for flows without a key. */
const FALLBACKS = {
  random: (rng: Rng): Strategy => new Random(rng),
  'round-robin': (): Strategy => new RoundRobin(),
  'power-of-two': (rng: Rng, clock: Clock): Strategy =>
    new PowerOfTwo(2, undefined, new Failures(MODEST, clock), clock, rng),
  'least-connections': (rng: Rng, clock: Clock): Strategy =>
    new LeastConnections(MODEST, clock, rng),
}

type FallbackName = keyof typeof FALLBACKS

/** Options that all hashing strategies have. */
export const HASHING = {
  by: Type.Optional(
    keySource({ default: 'ip', description: 'What is hashed: equal values get one endpoint.' }),
  ),
  fallback: Type.Optional(
    Type.Enum(Object.keys(FALLBACKS) as FallbackName[], {
      default: 'random',
      description: 'The strategy for flows that lack what is hashed.',
    }),
  ),
  maxLoad: Type.Optional(
    checked(
      Type.Number({
        minimum: 0,
        default: 0,
        description:
          'So many times its share of the flows under way an endpoint takes before keys go on to their next one: above 1, such as 1.25; 0 for no bound.',
      }),
      (bound) =>
        bound === 0 || bound > 1 ? undefined : `must be above 1, or 0 for no bound, got ${bound}`,
    ),
  ),
}

/** Those options, validated. */
export interface HashingOptions {
  readonly by: KeySource
  readonly fallback: FallbackName
  readonly maxLoad: number
}

/** A strategy of one upstream; without a table each key ranks all endpoints. */
export function hashing(options: HashingOptions, rng: Rng, clock: Clock, table?: Table): Strategy {
  const { by, fallback, maxLoad } = options
  return new Hashed(by, maxLoad, FALLBACKS[fallback](rng, clock), table)
}
