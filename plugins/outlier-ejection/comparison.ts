import type { Clock } from '#core'
import { Counts, FAILURES, LOG_LATENCY, REQUESTS, SLOW, TIMED, UNANSWERED } from './counts.ts'
import { FAILURE_CHANCE, failsMore, neededInARow, type Share, SILENCE_CHANCE } from './judgement.ts'
import type { EjectionOptions } from './options.ts'
import { FEWEST } from './silence.ts'
import type { Standing } from './standing.ts'

const SLOTS = 10
// So many refused connections in a row are enough where so many attempts elsewhere went well.
const REFUSALS = 2
const WELL_ELSEWHERE = 24

/** What happens on each endpoint, beside what happens on all the others that are not ejected. */
export class Comparison {
  readonly #options: EjectionOptions
  readonly #clock: Clock
  readonly #slotMs: number
  readonly #all = new Counts()

  constructor(options: EjectionOptions, clock: Clock) {
    this.#options = options
    this.#clock = clock
    this.#slotMs = Math.max(1, options.rate.window / SLOTS)
  }

  /** Brings the window up to date; gives the number of its newest slot. */
  advance({ counts }: Standing): number {
    const slot = Math.floor(this.#clock.now() / this.#slotMs)
    this.#all.advance(slot)
    counts.advance(slot)
    return slot
  }

  count({ counts }: Standing, field: number, amount: number): void {
    counts.add(field, amount)
    this.#all.add(field, amount)
  }

  /** Nothing that an endpoint did counts any more, for itself or for the others. */
  withdraw(standing: Standing): void {
    this.advance(standing)
    this.#all.subtract(standing.counts)
    standing.counts.clear()
  }

  /** Whether so many failures without an answer follow each other by no accident. */
  isRow(standing: Standing): boolean {
    const { consecutive } = this.#options
    if (consecutive === 0) return false
    const others = this.#others(standing, UNANSWERED)
    if (this.#isGone(standing, others)) return true
    if (standing.run < consecutive) return false
    return standing.run >= neededInARow(consecutive, FAILURE_CHANCE, others)
  }

  /**
   * Whether nobody listens there while all the others answer. So little is enough because strategies
   * that look at failures send hardly anything after the first.
   */
  #isGone({ refused }: Standing, { failures, requests }: Share): boolean {
    return refused >= REFUSALS && failures === 0 && requests >= WELL_ELSEWHERE
  }

  /** How many flows must wait before a silence is the endpoint's, `waiting` of the others’ too. */
  neededToHang(standing: Standing, waiting: number): number {
    this.advance(standing)
    const { failures, requests } = this.#others(standing, SLOW)
    // Those that wait are the slow ones: they have not ended yet, and so were not counted.
    const others = { failures: failures + waiting, requests: requests + waiting }
    const least = Math.min(FEWEST, this.#options.hang.flows)
    return neededInARow(least, SILENCE_CHANCE, others)
  }

  /** What is wrong with an endpoint that fails more often than the others; undefined if it does not. */
  failsMore(standing: Standing): string | undefined {
    const { gap, minRequests } = this.#options.rate
    const own = this.#own(standing, FAILURES)
    const others = this.#others(standing, FAILURES)
    if (gap === 1 || own.requests < minRequests || others.requests < minRequests) return undefined
    if (!failsMore(own, others, gap)) return undefined
    return `${percent(own)} of requests fail, ${percent(others)} elsewhere`
  }

  /** What is wrong with an endpoint that takes longer than the others; undefined if it does not. */
  isSlower({ counts }: Standing): string | undefined {
    const { slower, rate } = this.#options
    const own = counts.sum(TIMED)
    const others = this.#all.sum(TIMED) - own
    if (own < rate.minRequests || others < rate.minRequests) return undefined
    // Geometric means: a few very late answers do not make an endpoint slow.
    const ownMs = Math.exp(counts.sum(LOG_LATENCY) / own)
    const othersMs = Math.exp((this.#all.sum(LOG_LATENCY) - counts.sum(LOG_LATENCY)) / others)
    if (ownMs < slower * othersMs) return undefined
    return `takes ${ownMs.toFixed(0)} ms, ${othersMs.toFixed(0)} ms elsewhere`
  }

  #own({ counts }: Standing, field: number): Share {
    return { failures: counts.sum(field), requests: counts.sum(REQUESTS) }
  }

  #others({ counts }: Standing, field: number): Share {
    return {
      failures: this.#all.sum(field) - counts.sum(field),
      requests: this.#all.sum(REQUESTS) - counts.sum(REQUESTS),
    }
  }
}

function percent({ failures, requests }: Share): string {
  return `${Math.round((100 * failures) / requests)} %`
}
