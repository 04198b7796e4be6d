import type { Failing } from './probe.ts'

/** What a check changed. */
export type Change = 'none' | 'out' | 'in' | 'other-reason'

/** The checks of one endpoint in a row, and what they make of it. */
export class Verdicts {
  readonly #fall: number
  #isOut: boolean
  /** Whether no check has ended yet. */
  isNew: boolean
  #passed = 0
  #failed = 0
  /** Of the last failures in a row, as long as they were alike. */
  #cause = ''
  #alike = 0
  isUnreachable: boolean

  constructor(fall: number, isOut: boolean, isNew: boolean, isUnreachable: boolean) {
    this.#fall = fall
    this.#isOut = isOut
    this.isNew = isNew
    this.isUnreachable = isUnreachable
  }

  get isOut(): boolean {
    return this.#isOut
  }

  /** Whether the last checks point to a change that is not there yet. */
  get isTurning(): boolean {
    return this.#isOut ? this.#passed > 0 : this.#failed > 0
  }

  get passed(): number {
    return this.#passed
  }

  get failed(): number {
    return this.#failed
  }

  /** Such as `3 x status 500`, or what the last one of several said. */
  get cause(): string {
    if (this.#alike === this.#failed) return `${this.#failed} x ${this.#cause}`
    return `${this.#failed} failed checks, the last: ${this.#cause}`
  }

  /** A check was passed; `needed` in a row bring the endpoint back. */
  pass(needed: number): Change {
    const isFirst = this.isNew
    this.isNew = false
    this.#failed = 0
    this.#alike = 0
    this.#cause = ''
    if (!this.#isOut) return 'none'
    this.#passed++
    if (this.#passed < (isFirst ? 1 : needed)) return 'none'
    this.#isOut = false
    return 'in'
  }

  fail({ cause, isUnreachable }: Failing): Change {
    const isFirst = this.isNew
    this.isNew = false
    this.#failed++
    this.#passed = 0
    this.#alike = cause === this.#cause ? this.#alike + 1 : 1
    this.#cause = cause
    // One that was never checked is held for that.
    const isOther = isFirst || isUnreachable !== this.isUnreachable
    if (this.#isOut) {
      this.isUnreachable = isUnreachable
      return isOther ? 'other-reason' : 'none'
    }
    if (this.#failed < this.#fall) return 'none'
    this.#isOut = true
    this.isUnreachable = isUnreachable
    return 'out'
  }
}
