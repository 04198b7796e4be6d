// Of the 20 upper bits of a double's mantissa, 7 are kept: 128 buckets for each power of two.
const DROPPED_BITS = 13
const BUCKETS_PER_OCTAVE = 1 << (20 - DROPPED_BITS)
const EXPONENT_BIAS = 1_023
// From a 1,024th of a ms to 34 years. What is outside is counted in the first or the last bucket.
const LOWEST_EXPONENT = -10
const OCTAVES = 50
const BUCKETS = OCTAVES * BUCKETS_PER_OCTAVE
const FIRST = (EXPONENT_BIAS + LOWEST_EXPONENT) * BUCKETS_PER_OCTAVE

const double = new Float64Array(1)
const halves = new Uint32Array(double.buffer)
const isLittleEndian = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1
const HIGH = isLittleEndian ? 1 : 0

/**
 * Counts values in buckets whose width grows with the value, as HdrHistogram does: 128 for each
 * power of two, so that what `quantile` gives is off by at most 0.4 % (1/256), whatever the values
 * are. A bucket is the upper bits of a value's own floating-point form. 51 kB, however much is recorded.
 *
 * @example
 * const latency = new Histogram()
 * latency.record(12.5)
 * latency.quantile(0.99)
 */
export class Histogram {
  readonly #counts = new Float64Array(BUCKETS)
  #count = 0
  #sum = 0
  #min = Number.POSITIVE_INFINITY
  #max = 0

  get count(): number {
    return this.#count
  }

  /** Exact; 0 of nothing. */
  get mean(): number {
    return this.#count === 0 ? 0 : this.#sum / this.#count
  }

  /** Exact; 0 of nothing. */
  get min(): number {
    return this.#count === 0 ? 0 : this.#min
  }

  /** Exact; 0 of nothing. */
  get max(): number {
    return this.#max
  }

  /** Counts a value of 0 or more. */
  record(value: number): void {
    const place = placeOf(value)
    this.#counts[place] = (this.#counts[place] as number) + 1
    this.#count++
    this.#sum += value
    if (value < this.#min) this.#min = value
    if (value > this.#max) this.#max = value
  }

  /**
   * The value that a share of all values is not above, from 0 to 1: 0.5 is the median. Within
   * 0.4 % of a value that was recorded; 0 of nothing.
   */
  quantile(share: number): number {
    if (!(share >= 0 && share <= 1)) throw new RangeError(`a share is from 0 to 1: ${share}`)
    const rank = Math.max(1, Math.ceil(share * this.#count))
    if (this.#count === 0 || rank >= this.#count) return this.#max
    let seen = 0
    for (let place = 0; place < BUCKETS; place++) {
      seen += this.#counts[place] as number
      if (seen >= rank) return Math.min(Math.max(middle(place), this.#min), this.#max)
    }
    return this.#max
  }

  /**
   * The share of all values that are not above one, from 0 to 1; those of its own bucket count, which
   * may be up to 0.8 % above it. 0 of nothing.
   */
  share(value: number): number {
    if (this.#count === 0) return 0
    const last = placeOf(value)
    let seen = 0
    for (let place = 0; place <= last; place++) seen += this.#counts[place] as number
    return seen / this.#count
  }

  /** Counts what another has counted. */
  add(other: Histogram): void {
    for (let place = 0; place < BUCKETS; place++) {
      this.#counts[place] = (this.#counts[place] as number) + (other.#counts[place] as number)
    }
    this.#count += other.#count
    this.#sum += other.#sum
    this.#min = Math.min(this.#min, other.#min)
    this.#max = Math.max(this.#max, other.#max)
  }

  clear(): void {
    this.#counts.fill(0)
    this.#count = 0
    this.#sum = 0
    this.#min = Number.POSITIVE_INFINITY
    this.#max = 0
  }
}

function placeOf(value: number): number {
  double[0] = value
  const bucket = ((halves[HIGH] as number) >>> DROPPED_BITS) - FIRST
  return bucket < 0 ? 0 : bucket < BUCKETS ? bucket : BUCKETS - 1
}

function middle(place: number): number {
  const octave = LOWEST_EXPONENT + Math.floor(place / BUCKETS_PER_OCTAVE)
  const part = (place % BUCKETS_PER_OCTAVE) + 0.5
  return 2 ** octave * (1 + part / BUCKETS_PER_OCTAVE)
}
