import type { Cancel, Clock } from '../contracts/clock.ts'

/** Something that ends by itself at a time, unless that time is put off. */
export interface Expiring {
  /** By the monotonic clock, in ms; Infinity for never. Set through `Deadlines.set`. */
  deadlineAt: number
  /** Where it stands among the members; -1 for one that is none. Written by `Deadlines`. */
  place: number
  /** The time has come. Called once for each time that was set. */
  expire(): void
}

/**
 * Many deadlines on one timer. Putting one off writes a number; the timer is armed anew only for a
 * deadline that comes before all others, and looks through the members when it fires. With
 * timeouts of seconds that is a look every few seconds, whatever the traffic.
 */
export class Deadlines {
  readonly #clock: Clock
  // A list and no Set: members come and go with each request, and a Set is built anew every so often.
  readonly #members: Expiring[] = []
  #nextAt = Number.POSITIVE_INFINITY
  #cancel: Cancel | undefined = undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  add(member: Expiring): void {
    if (member.place >= 0) return
    member.place = this.#members.length
    this.#members.push(member)
  }

  remove(member: Expiring): void {
    member.deadlineAt = Number.POSITIVE_INFINITY
    if (member.place < 0) return
    const last = this.#members.pop()
    if (last !== undefined && last !== member) {
      last.place = member.place
      this.#members[member.place] = last
    }
    member.place = -1
  }

  /** Lets a member expire `delayMs` from now; 0 for never. */
  set(member: Expiring, delayMs: number): void {
    if (delayMs === 0) {
      member.deadlineAt = Number.POSITIVE_INFINITY
      return
    }
    member.deadlineAt = this.#clock.now() + delayMs
    if (member.deadlineAt < this.#nextAt) this.#arm(member.deadlineAt, delayMs)
  }

  #arm(at: number, delayMs: number): void {
    this.#cancel?.()
    this.#nextAt = at
    this.#cancel = this.#clock.after(delayMs, this.#look)
  }

  readonly #look = (): void => {
    const now = this.#clock.now()
    this.#nextAt = Number.POSITIVE_INFINITY
    this.#cancel = undefined
    for (const member of this.#members.filter(({ deadlineAt }) => deadlineAt <= now)) {
      // The end of one may have put another one off.
      if (member.deadlineAt > now) continue
      member.deadlineAt = Number.POSITIVE_INFINITY
      member.expire()
    }
    let next = Number.POSITIVE_INFINITY
    for (const { deadlineAt } of this.#members) if (deadlineAt < next) next = deadlineAt
    if (next < this.#nextAt) this.#arm(next, next - now)
  }
}
