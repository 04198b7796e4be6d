import { type GradientOptions, gradient, nextLimit } from './gradient.ts'
import { Unloaded } from './unloaded.ts'

/** A limit is moved after each such time, and as many answers as it lets be under way, of 10 to 25. */
const WINDOW_MS = 100
const FEW_SAMPLES = 10
const MANY_SAMPLES = 25
/** So many windows in a row that contradict the last measurement call for another one. */
const DOUBTS = 5
/** Measurements take at most one in so many ms; one in so many that is due for a doubt. */
const COST = 50
const COST_IN_DOUBT = 10
/** A limit that becomes so many times as large within so many windows is a doubt as well. */
const LEAP = 1.8
const LEAP_WINDOWS = 10
/** What an endpoint that says it is overloaded takes off a limit, as in AIMD. */
const BACK_OFF = 0.9
/** Measurements of many limits part by up to this share of their interval. */
const JITTER = 0.15

/** How an adaptive limit is found. */
export interface AdaptiveOptions extends GradientOptions {
  /** So long after a measurement of unloaded answers comes another one, in ms. */
  readonly measureEvery: number
}

/**
 * A limit that follows what answers show: it grows while they take no longer than unloaded ones, and
 * shrinks when they wait for each other. What unloaded means is measured with the limit at its
 * minimum for some 50 answers, from time to time, and at once after five windows at the minimum or
 * of answers twice as fast: then the endpoints have changed. It does not grow beyond twice what is
 * used. Nothing is made per answer, and there is no timer.
 */
export class AdaptiveLimit {
  readonly #options: AdaptiveOptions
  readonly #unit: () => number
  readonly #unloaded = new Unloaded()
  #limit: number
  /** Samples that began earlier tell of another time. */
  #epoch: number
  #measureAt = 0
  #windowEnd = 0
  #count = 0
  #sum = 0
  #peak = 0
  #doubts = 0
  /** Whether the last measurement was due to a doubt: what it found may well be over soon. */
  #isProvisional = false
  #recheckAt = 0
  #windows = 0
  #limitBefore = 0
  #backedOffAt = Number.NEGATIVE_INFINITY
  /** The mean of the last window in ms; 0 before the first. */
  sampleMs = 0

  /** `unit` draws from [0, 1). */
  constructor(options: AdaptiveOptions, unit: () => number, now: number) {
    this.#options = options
    this.#unit = unit
    this.#limit = options.min
    this.#epoch = now
    this.#measure(now)
  }

  /** How many may be under way: an integer. */
  get limit(): number {
    return this.#unloaded.isMeasuring ? this.#options.min : Math.floor(this.#limit)
  }

  get unloadedMs(): number {
    return this.#unloaded.meanMs
  }

  get isMeasuring(): boolean {
    return this.#unloaded.isMeasuring
  }

  /**
   * Takes the latency of an attempt that began at `startedAt`; `inflight` is how many are under way.
   * All are ms of the monotonic clock. Of one that was given up it is how long it was waited for.
   */
  record(startedAt: number, latencyMs: number, inflight: number, now: number): void {
    if (startedAt < this.#epoch) return
    if (this.#unloaded.isMeasuring) {
      const tookMs = this.#unloaded.add(latencyMs, now)
      if (tookMs >= 0) this.#measured(tookMs, now)
      return
    }
    this.#count++
    this.#sum += Math.min(latencyMs, this.#unloaded.clipMs)
    if (inflight > this.#peak) this.#peak = inflight
    if (now >= this.#windowEnd && this.#count >= this.#wanted()) this.#move(now)
  }

  /** An endpoint said itself that it is overloaded: a tenth less, once a window. */
  overloaded(now: number): void {
    if (this.#unloaded.isMeasuring || now - this.#backedOffAt < WINDOW_MS) return
    this.#backedOffAt = now
    this.#limit = Math.max(this.#options.min, this.#limit * BACK_OFF)
  }

  #measured(tookMs: number, now: number): void {
    const { measureEvery } = this.#options
    const spread = 1 + JITTER * this.#unit()
    this.#measureAt = now + Math.max(measureEvery, tookMs * COST) * spread
    this.#recheckAt = now + tookMs * COST_IN_DOUBT
    this.#doubts = 0
    this.#windows = 0
    this.#limitBefore = this.#limit
    this.sampleMs = this.#unloaded.meanMs
    this.#open(now)
  }

  #wanted(): number {
    return Math.min(MANY_SAMPLES, Math.max(FEW_SAMPLES, this.#limit))
  }

  #move(now: number): void {
    const { min, headroom } = this.#options
    const mean = this.#sum / this.#count
    const { meanMs } = this.#unloaded
    const next = nextLimit(this.#limit, gradient(meanMs, mean, headroom), this.#options)
    const isUsed = this.#peak * 2 >= this.#limit
    // To go by what was true once would let it grow as long as that is not measured anew.
    const isFaster = mean * 2 < meanMs
    if (next < this.#limit || (isUsed && !isFaster)) this.#limit = next
    this.sampleMs = mean
    const isDoubtful = isFaster || (this.#limit <= min && mean > meanMs)
    this.#doubts = isDoubtful ? this.#doubts + 1 : 0
    this.#open(now)
    const isInDoubt = this.#doubts >= DOUBTS || this.#hasLeapt(now)
    if (!isInDoubt && now < this.#measureAt) return
    this.#isProvisional = isInDoubt
    this.#measure(now)
  }

  /** Whether all is well again, by the look of it, after a time that was measured in a doubt. */
  #hasLeapt(now: number): boolean {
    if (++this.#windows % LEAP_WINDOWS > 0) return false
    const isLeap = this.#limit > this.#limitBefore * LEAP
    this.#limitBefore = this.#limit
    return isLeap && this.#isProvisional && now >= this.#recheckAt
  }

  #measure(now: number): void {
    this.#epoch = now
    this.#unloaded.begin(now)
  }

  #open(now: number): void {
    // A window shows what the limit does that it begins with, however slow answers are.
    this.#epoch = now
    this.#windowEnd = now + Math.max(WINDOW_MS, 2 * this.sampleMs)
    this.#count = 0
    this.#sum = 0
    this.#peak = 0
  }
}
