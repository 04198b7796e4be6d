import { defineStrategy, type Endpoint, RNG, Type } from 'sluice'

/** Power of two choices in its plainest form, as a user would write it: two draws, the less busy one. */
export const twoChoices = defineStrategy({
  name: 'two-choices',
  options: Type.Object({}),
  inject: [RNG],
  create(_options, rng) {
    let ready: readonly Endpoint[] = []
    return {
      update(endpoints) {
        ready = endpoints
      },
      pick() {
        const count = ready.length
        if (count < 2) return ready[0]
        const first = rng.below(count)
        const drawn = rng.below(count - 1)
        const one = ready[first] as Endpoint
        const other = ready[drawn < first ? drawn : drawn + 1] as Endpoint
        return other.inflight < one.inflight ? other : one
      },
    }
  },
})
