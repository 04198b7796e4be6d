import { Histogram } from '../histogram.ts'
import type { Window } from './resolve-expectations.ts'

/** What was counted in a stretch of time, of all runs together. */
export class Stretch {
  readonly window: Window
  /** Of calls that ended well, in ms. */
  readonly latency = new Histogram()
  calls = 0
  good = 0
  failed = 0
  attempts = 0
  /** Clients' requests that were over. */
  requests = 0
  errors = 0
  /** When the last call ended, of any run. */
  lastEnd = 0

  constructor(window: Window) {
    this.window = window
  }

  began(at: number): void {
    if (this.#has(at)) this.calls++
  }

  ended(at: number, latencyMs: number, isGood: boolean): void {
    if (!this.#has(at)) return
    this.lastEnd = at
    if (isGood) {
      this.good++
      this.latency.record(latencyMs)
    } else this.failed++
  }

  sent(at: number): void {
    if (this.#has(at)) this.attempts++
  }

  over(at: number, isGood: boolean): void {
    if (!this.#has(at)) return
    this.requests++
    if (!isGood) this.errors++
  }

  #has(at: number): boolean {
    return at >= this.window.fromMs && at <= this.window.toMs
  }
}
