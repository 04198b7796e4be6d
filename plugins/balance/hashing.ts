import { checked, type KeySource, keySource, type Rng, type Strategy, Type } from '#core'
import { Hashed, type Table } from './hashing/hashed.ts'
import { Random } from './random.ts'
import { RoundRobin } from './round-robin.ts'

/** Strategies for flows without a key. */
const FALLBACKS = {
  random: (rng: Rng): Strategy => new Random(rng),
  'round-robin': (): Strategy => new RoundRobin(),
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
export function hashing(options: HashingOptions, rng: Rng, table?: Table): Strategy {
  const { by, fallback, maxLoad } = options
  return new Hashed(by, maxLoad, FALLBACKS[fallback](rng), table)
}
