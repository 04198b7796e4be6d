import { parseUnit } from '../config/units.ts'
import type { Rng } from '../contracts/clock.ts'
import type { Duration } from '../contracts/units.ts'

/** When requests come. A plan: each simulation starts it anew. */
export interface Arrivals {
  /** Begins at a time in ms, with chance of its own. */
  start(at: number, rng: Rng): ArrivalStream
}

/** Arrivals under way. */
export interface ArrivalStream {
  /** When the next request comes, in ms, no earlier than the one before; Infinity for no more. */
  next(): number
}

/**
 * Requests of many clients who know nothing of each other: so many a second on average.
 *
 * @throws RangeError when the rate is not above 0
 * @example
 * arrivals: poisson(1_000)
 */
export function poisson(perSecond: number): Arrivals {
  const meanMs = 1_000 / rate('poisson', perSecond)
  return {
    start(at, rng) {
      let now = at
      return {
        next() {
          now -= meanMs * Math.log(1 - rng.unit())
          return now
        },
      }
    },
  }
}

/**
 * Requests at equal distances: so many a second.
 *
 * @throws RangeError when the rate is not above 0
 * @example
 * arrivals: steady(100)
 */
export function steady(perSecond: number): Arrivals {
  const stepMs = 1_000 / rate('steady', perSecond)
  return {
    start(at) {
      let count = 0
      // Not summed up, since the error of each step would add up too.
      return { next: () => at + ++count * stepMs }
    },
  }
}

/**
 * So many requests at once, again and again; the first of them after one interval.
 *
 * @throws RangeError when the size is not a whole number above 0, or the interval is not above 0
 * @example
 * arrivals: bursts({ size: 500, every: '10s' })
 */
export function bursts({ size, every }: { size: number; every: Duration }): Arrivals {
  const everyMs = ms('bursts', 'every', every)
  if (!(Number.isInteger(size) && size > 0)) {
    throw new RangeError(`bursts: size must be a whole number above 0, got ${size}`)
  }
  return {
    start(at) {
      let count = 0
      return { next: () => at + (Math.floor(count++ / size) + 1) * everyMs }
    },
  }
}

/**
 * Requests at the times that a log has, in ms from the start.
 *
 * @throws RangeError when a time is negative or before the one in front of it
 * @example
 * arrivals: trace([0, 3.2, 3.4, 120])
 */
export function trace(times: readonly number[]): Arrivals {
  for (const [place, time] of times.entries()) {
    const least = times[place - 1] ?? 0
    if (!(time >= least))
      throw new RangeError(`trace: [${place}] must be ${least} or more: ${time}`)
  }
  return {
    start(at) {
      let count = 0
      return { next: () => at + (times[count++] ?? Number.POSITIVE_INFINITY) }
    },
  }
}

/** A stretch of time with arrivals of its own. */
export interface Phase {
  readonly for: Duration
  /** None by default. */
  readonly arrivals?: Arrivals
}

/**
 * Arrivals that change: each phase in turn, the first once more after the last only if `repeat`.
 *
 * @throws RangeError when there is no phase, or one takes no time
 * @example
 * arrivals: phases([
 *   { for: '20s', arrivals: poisson(700) },
 *   { for: '5s', arrivals: poisson(1_400) },
 *   { for: '60s', arrivals: poisson(700) },
 * ])
 */
export function phases(list: readonly Phase[], { repeat = false } = {}): Arrivals {
  const lengths = list.map((phase, place) => ms('phases', `[${place}].for`, phase.for))
  if (lengths.length === 0) throw new RangeError('phases: at least one phase is needed')
  return { start: (at, rng) => new PhaseStream(list, lengths, repeat, at, rng) }
}

class PhaseStream implements ArrivalStream {
  readonly #phases: readonly Phase[]
  readonly #lengths: readonly number[]
  readonly #repeat: boolean
  readonly #rng: Rng
  #count = 0
  #endsAt: number
  #stream: ArrivalStream | undefined = undefined

  constructor(
    list: readonly Phase[],
    lengths: readonly number[],
    repeat: boolean,
    at: number,
    rng: Rng,
  ) {
    this.#phases = list
    this.#lengths = lengths
    this.#repeat = repeat
    this.#rng = rng
    this.#endsAt = at
  }

  next(): number {
    // A plan that never sends anything would otherwise be walked for ever.
    for (let walked = 0; walked <= this.#phases.length; walked++) {
      const at = this.#stream?.next() ?? Number.POSITIVE_INFINITY
      if (at < this.#endsAt) return at
      if (this.#count === this.#phases.length && !this.#repeat) break
      this.#enter()
    }
    return Number.POSITIVE_INFINITY
  }

  #enter(): void {
    const place = this.#count % this.#phases.length
    const from = this.#endsAt
    const fork = this.#rng.fork(String(this.#count))
    this.#stream = this.#phases[place]?.arrivals?.start(from, fork)
    this.#endsAt = from + (this.#lengths[place] as number)
    this.#count++
  }
}

/** Whether something is a plan of arrivals. */
export function isArrivals(value: unknown): value is Arrivals {
  return typeof (Object(value) as Partial<Arrivals>).start === 'function'
}

function rate(owner: string, perSecond: number): number {
  if (perSecond > 0 && Number.isFinite(perSecond)) return perSecond
  throw new RangeError(`${owner}: the rate must be above 0 a second, got ${perSecond}`)
}

function ms(owner: string, name: string, written: Duration): number {
  const parsed = parseUnit('duration', written)
  if (parsed !== undefined && parsed > 0) return parsed
  throw new RangeError(`${owner}: ${name} must be a duration such as "30s", got ${written}`)
}
