import OpossumBreaker from 'opossum'

/** A call of a plugin's own, for `fire`. */
export type Run = () => unknown

/** A breaker as opossum, and whoever knows opossum, has it: `fire(() => fetch(url))`. */
export type CircuitBreaker = OpossumBreaker<[run: Run], unknown>

/** Slots of a breaker's window. */
export const SLOTS = 10

// opossum turns its window when it is told to, and registers for that with what does not claim to
// know it yet. Nobody here needs to be registered with: an emitter would search a list of all
// breakers for each new one, and copy it for each turn.
const TURNED_BY_US = { on() {}, removeListener() {}, listenerCount: () => 1 }

/** Options without timers of opossum's own. */
export function quiet(
  name: string,
  group: string,
  windowMs: number,
): OpossumBreaker.Options<[run: Run]> {
  return {
    name,
    group,
    timeout: false,
    enableSnapshots: false,
    rollingCountTimeout: windowMs,
    rollingCountBuckets: SLOTS,
    rotateBucketController: TURNED_BY_US as unknown as NonNullable<
      OpossumBreaker.Options['rotateBucketController']
    >,
  }
}

/** The parts of a status that opossum's types leave out. */
export interface Status {
  increment(field: string, latencyMs?: number): void
  open(): void
  close(): void
  rotateBucket(): void
}

export function statusOf(breaker: CircuitBreaker): Status {
  return breaker.status as unknown as Status
}

interface Inner {
  readonly state: symbol
  readonly pendingClose: symbol
  readonly warmingUp: symbol
  readonly halfOpen: unknown
}

/**
 * What opossum keeps behind symbols: it has `open()` and `close()`, but only its own timer makes it
 * half-open. They are read off a breaker that its constructor was asked to make half-open.
 */
export const INNER = innerOf()

function innerOf(): Inner {
  const state = { closed: false, halfOpen: true }
  const sample = new OpossumBreaker(async (run: Run) => run(), {
    ...quiet('sample', 'sample', 10_000),
    ...{ state },
  })
  const key = symbolOf(sample, 'state')
  return {
    state: key,
    pendingClose: symbolOf(sample, 'pending-close'),
    warmingUp: symbolOf(sample, 'warming-up'),
    halfOpen: Reflect.get(sample, key) as unknown,
  }
}

function symbolOf(sample: object, name: string): symbol {
  const found = Object.getOwnPropertySymbols(sample).find((one) => one.description === name)
  if (found !== undefined) return found
  throw new Error(`circuit-breaker: this opossum keeps no "${name}"; install opossum 10.0`)
}
