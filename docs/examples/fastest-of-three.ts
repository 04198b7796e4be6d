import { CLOCK, defineStrategy, duration, type Endpoint, RNG, Type } from 'sluice'

// What an endpoint is thought to take before its first answer, and what a failure counts as.
const UNKNOWN_MS = 30
const FAILED_MS = 10_000

/** Takes the fastest of three neighbours, from a place in the list drawn by chance. O(1). */
export const fastestOfThree = defineStrategy({
  name: 'fastest-of-three',
  options: Type.Object({ memory: Type.Optional(duration({ default: '10s' })) }),
  inject: [CLOCK, RNG],
  create({ memory }, clock, rng) {
    let ready: readonly Endpoint[] = []
    const owners: Endpoint[] = []
    const latencyMs: number[] = []
    const settledAt: number[] = []
    // Fades with time, so that an endpoint that was slow once is asked again.
    const faded = (index: number): number =>
      (latencyMs[index] ?? 0) * Math.exp(((settledAt[index] ?? 0) - clock.now()) / memory)
    const cost = ({ index, inflight }: Endpoint): number => faded(index) * (inflight + 1)
    const learn = (index: number, ms: number): void => {
      latencyMs[index] = ms
      settledAt[index] = clock.now()
    }
    return {
      update(endpoints) {
        ready = endpoints
        for (const endpoint of endpoints) {
          if (owners[endpoint.index] !== endpoint) learn(endpoint.index, UNKNOWN_MS)
          owners[endpoint.index] = endpoint
        }
      },
      pick() {
        const start = rng.below(ready.length || 1)
        let best = ready[start]
        for (let step = 1; step < 3 && best !== undefined; step++) {
          const other = ready[(start + step) % ready.length]
          if (other !== undefined && cost(other) < cost(best)) best = other
        }
        return best
      },
      settle(endpoint, measuredMs, outcome) {
        if (outcome === 'client-abort' || outcome === 'local') return
        if (owners[endpoint.index] !== endpoint) return
        const sample = outcome === 'ok' ? measuredMs : FAILED_MS
        learn(endpoint.index, (faded(endpoint.index) + sample) / 2)
      },
    }
  },
})
