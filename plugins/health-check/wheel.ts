import type { Cancel, Clock } from '#core'

const TICK_MS = 10
const SLOTS = 512

/** What waits for its time on a wheel. */
export interface Timed {
  /** Written by the wheel; -1 for what does not wait. */
  tick: number
  due(): void
}

/**
 * Many times on one timer: a hashed timing wheel (Varghese and Lauck, 1987) of slots of 10 ms, with
 * those of later rounds among the rest. Setting and removing one costs a step in a set. The timer is
 * armed for the next slot that holds any, so that what is due together is looked at together, and
 * an empty wheel costs nothing.
 */
export class Wheel {
  readonly #clock: Clock
  readonly #slots = Array.from({ length: SLOTS }, () => new Set<Timed>())
  #size = 0
  /** Everything up to it is done. */
  #doneTick: number
  #armedTick = Number.POSITIVE_INFINITY
  #cancel: Cancel | undefined = undefined

  constructor(clock: Clock) {
    this.#clock = clock
    this.#doneTick = Math.floor(clock.now() / TICK_MS)
  }

  /** Lets one be due in `delayMs`, or up to 10 ms later, in place of an earlier time of its own. */
  set(one: Timed, delayMs: number): void {
    this.remove(one)
    const tick = Math.max(this.#doneTick + 1, Math.ceil((this.#clock.now() + delayMs) / TICK_MS))
    one.tick = tick
    this.#slot(tick).add(one)
    this.#size++
    if (tick < this.#armedTick) this.#arm(tick)
  }

  remove(one: Timed): void {
    if (one.tick < 0) return
    this.#slot(one.tick).delete(one)
    one.tick = -1
    this.#size--
    if (this.#size === 0) this.#disarm()
  }

  #slot(tick: number): Set<Timed> {
    return this.#slots[tick % SLOTS] as Set<Timed>
  }

  #arm(tick: number): void {
    this.#cancel?.()
    this.#armedTick = tick
    this.#cancel = this.#clock.after(tick * TICK_MS - this.#clock.now(), this.#turn)
  }

  #disarm(): void {
    this.#cancel?.()
    this.#cancel = undefined
    this.#armedTick = Number.POSITIVE_INFINITY
  }

  readonly #turn = (): void => {
    this.#armedTick = Number.POSITIVE_INFINITY
    this.#cancel = undefined
    const now = Math.floor(this.#clock.now() / TICK_MS)
    const first = Math.max(this.#doneTick + 1, now - SLOTS + 1)
    this.#doneTick = now
    for (let tick = first; tick <= now; tick++) {
      for (const one of this.#slot(tick)) {
        if (one.tick > now) continue
        this.remove(one)
        one.due()
      }
    }
    this.#armNext()
  }

  #armNext(): void {
    if (this.#size === 0) return
    for (let tick = this.#doneTick + 1; tick <= this.#doneTick + SLOTS; tick++) {
      if (this.#slot(tick).size === 0) continue
      if (tick < this.#armedTick) this.#arm(tick)
      return
    }
  }
}
