import type { Cancel, Clock } from '../contracts/clock.ts'

/** Something that is over by itself at a time. */
export interface Awaiting {
  /** By the monotonic clock, in ms. Written by `ExpiryLine`. */
  expiresAt: number
  /** The time has come, once for each time that it joined. */
  expire(): void
}

/**
 * Deadlines that are all equally far ahead, so that who joins first is due first. Joining and leaving
 * cost the same however many there are, and one timer does for all.
 */
export class ExpiryLine {
  readonly delayMs: number
  readonly #clock: Clock
  readonly #line = new Set<Awaiting>()
  #cancel: Cancel | undefined = undefined

  constructor(clock: Clock, delayMs: number) {
    this.#clock = clock
    this.delayMs = delayMs
  }

  /** Joins at the end, or goes back there. */
  join(one: Awaiting): void {
    one.expiresAt = this.#clock.now() + this.delayMs
    this.#line.delete(one)
    this.#line.add(one)
    this.#cancel ??= this.#clock.after(this.delayMs, this.#look)
  }

  leave(one: Awaiting): void {
    this.#line.delete(one)
  }

  readonly #look = (): void => {
    this.#cancel = undefined
    const now = this.#clock.now()
    for (const one of this.#line) {
      if (one.expiresAt > now) {
        this.#cancel ??= this.#clock.after(one.expiresAt - now, this.#look)
        return
      }
      this.#line.delete(one)
      one.expire()
    }
  }
}
