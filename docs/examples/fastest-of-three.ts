import { CLOCK, defineStrategy, duration, type Endpoint, RNG, Type } from 'sluice'

// What a failure counts as.
const FAILED_MS = 10_000

/** Takes the fastest of three endpoints drawn by chance. O(1). */
export const fastestOfThree = defineStrategy({
  name: 'fastest-of-three',
  options: Type.Object({ memory: Type.Optional(duration({ default: '10s' })) }),
  inject: [CLOCK, RNG],
  create({ memory }, clock, rng) {
    let ready: Endpoint[] = []
    let typicalMs = 1
    const owners: Endpoint[] = []
    const latencyMs: number[] = []
    const settledAt: number[] = []
    // Fades with time, so that an endpoint that was slow once is asked again.
    const faded = ({ index }: Endpoint): number =>
      (latencyMs[index] ?? 0) * Math.exp(((settledAt[index] ?? 0) - clock.now()) / memory)
    // One that has not answered yet gets the benefit of the doubt, but no flood.
    const cost = (one: Endpoint): number =>
      (owners[one.index] === one ? faded(one) : typicalMs / 2) * (one.inflight + 1)
    return {
      update(endpoints) {
        ready = [...endpoints]
      },
      pick() {
        let best: Endpoint | undefined
        for (let drawn = 0; drawn < 3 && drawn < ready.length; drawn++) {
          // Swapped to the front, so that none is drawn twice.
          const place = drawn + rng.below(ready.length - drawn)
          const one = ready[place] as Endpoint
          ready[place] = ready[drawn] as Endpoint
          ready[drawn] = one
          if (best === undefined || cost(one) < cost(best)) best = one
        }
        return best
      },
      settle(endpoint, measuredMs, outcome) {
        if (outcome === 'client-abort' || outcome === 'local') return
        const { index } = endpoint
        const sample = outcome === 'ok' ? measuredMs : FAILED_MS
        const before = owners[index] === endpoint ? faded(endpoint) : sample
        owners[index] = endpoint
        latencyMs[index] = (before + sample) / 2
        settledAt[index] = clock.now()
        typicalMs += (sample - typicalMs) / 16
      },
    }
  },
})
