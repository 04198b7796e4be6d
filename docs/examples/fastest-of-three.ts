import { CLOCK, cheapestOf, defineStrategy, duration, type Endpoint, RNG, Type } from 'sluice'
/** Takes the fastest of three endpoints drawn by chance. O(1). */
export const fastestOfThree = defineStrategy({
  name: 'fastest-of-three',
  options: Type.Object({ memory: Type.Optional(duration({ default: '10s' })) }),
  inject: [CLOCK, RNG],
  create({ memory }, clock, rng) {
    let ready: Endpoint[] = []
    let typical = clock.now() / memory
    const known = new WeakMap<Endpoint, number>()
    const cost = (one: Endpoint) => (known.get(one) ?? typical) + Math.log(one.inflight + 1)
    return {
      update(endpoints) {
        ready = [...endpoints]
      },
      pick: () => cheapestOf(ready, 3, cost, rng),
      settle(endpoint, measuredMs, outcome) {
        if (outcome === 'client-abort' || outcome === 'local') return
        const seen = Math.log(outcome === 'ok' ? measuredMs + 1 : 10_000) + clock.now() / memory
        known.set(endpoint, ((known.get(endpoint) ?? seen) + seen) / 2)
        typical += (seen - typical) / 16
      },
    }
  },
})
