/** So many answers make a measurement. */
const WANTED = 50
/** With so many it may end early, when it has lasted `MAX_MS`. */
const ENOUGH = 10
const MAX_MS = 500

/** A sample counts at most this many times the median of the unloaded ones. */
const CLIP = 4

/**
 * How long answers take that wait behind no others, from a few of them.
 *
 * It is their mean, with each counted as at most four times their median: a mean feels a queue that
 * delays every answer, whether most of them are fast or slow, where a median of answers of two kinds
 * jumps from one kind to the other; and no single answer can move it far. An endpoint that is
 * overwhelmed shows all the same: all of its answers then count four medians, and the mean of unloaded
 * ones is at most two and a half.
 */
export class Unloaded {
  readonly #samples = new Float64Array(WANTED)
  #count = 0
  #beganAt = 0
  /** Whether a measurement goes on. */
  isMeasuring = false
  /** The mean in ms; 0 before the first measurement. */
  meanMs = 0
  /** No sample counts for more, in ms. */
  clipMs = Number.POSITIVE_INFINITY

  begin(now: number): void {
    this.isMeasuring = true
    this.#count = 0
    this.#beganAt = now
  }

  /** Takes one sample; gives how long the measurement took if it is complete by it, otherwise -1. */
  add(latencyMs: number, now: number): number {
    this.#samples[this.#count++] = latencyMs
    const tookMs = now - this.#beganAt
    const isLate = this.#count >= ENOUGH && tookMs >= MAX_MS
    if (this.#count < WANTED && !isLate) return -1
    this.#conclude()
    return tookMs
  }

  #conclude(): void {
    const samples = this.#samples.subarray(0, this.#count).sort()
    const median = samples[this.#count >> 1] ?? 0
    this.clipMs = median * CLIP || Number.POSITIVE_INFINITY
    let sum = 0
    for (const sample of samples) sum += Math.min(sample, this.clipMs)
    this.meanMs = sum / this.#count
    this.isMeasuring = false
  }
}
