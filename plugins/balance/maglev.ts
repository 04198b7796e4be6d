import { CLOCK, checked, defineStrategy, LOGGER, RNG, Type } from '#core'
import { MaglevTable } from './hashing/maglev-table.ts'
import { sizeProblem } from './hashing/prime.ts'
import { HASHING, hashing } from './hashing.ts'

/**
 * Sends equal keys to one endpoint, by Google's Maglev table (Eisenbud and others, NSDI 2016):
 * shares of equal endpoints differ by one slot at most. An endpoint that leaves moves its own keys
 * and a few others. O(1) for each pick, the fastest of the hashing ones.
 *
 * @example
 * balance: maglev({ by: 'path' })
 */
export const maglev = defineStrategy({
  name: 'maglev',
  options: Type.Object({
    ...HASHING,
    size: Type.Optional(
      checked(
        Type.Integer({
          minimum: 3,
          maximum: 1_000_003,
          default: 65_537,
          description:
            'Slots of the table, a prime number: a hundred for each endpoint keep shares even to 1 %.',
        }),
        sizeProblem,
      ),
    ),
  }),
  inject: [RNG, CLOCK, LOGGER],
  create: (options, rng, clock, log) =>
    hashing(options, rng, clock, new MaglevTable(options.size, log)),
})
