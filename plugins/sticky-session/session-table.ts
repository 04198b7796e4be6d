import type { Clock } from '#core'

/** A learned session. Times are ms of the monotonic clock. */
export interface Session {
  /** The id of its endpoint. */
  endpoint: string
  usedAt: number
  /** When Redis said so last; -Infinity for never. */
  confirmedAt: number
}

/** Sessions by a digest of their names: at most `size`, those used last, none idle for `idleMs`. */
export class SessionTable {
  readonly #clock: Clock
  readonly #size: number
  readonly #idleMs: number
  /** In the order of their last use. */
  readonly #byKey = new Map<string, Session>()

  constructor(clock: Clock, size: number, idleMs: number) {
    this.#clock = clock
    this.#size = size
    this.#idleMs = idleMs === 0 ? Number.POSITIVE_INFINITY : idleMs
  }

  get size(): number {
    return this.#byKey.size
  }

  /** The session, which is in use by that. */
  use(key: string): Session | undefined {
    const session = this.#byKey.get(key)
    if (session === undefined) return undefined
    this.#byKey.delete(key)
    const now = this.#clock.now()
    if (this.#isOver(session, now)) return undefined
    session.usedAt = now
    this.#byKey.set(key, session)
    return session
  }

  set(key: string, endpoint: string, isConfirmed: boolean): void {
    const usedAt = this.#clock.now()
    const confirmedAt = isConfirmed ? usedAt : Number.NEGATIVE_INFINITY
    this.#byKey.delete(key)
    this.#byKey.set(key, { endpoint, usedAt, confirmedAt })
    this.#shrink(usedAt)
  }

  delete(key: string): void {
    this.#byKey.delete(key)
  }

  // Two for each one that comes: what is idle goes without a sweep that would hold up requests.
  #shrink(now: number): void {
    let looks = 2
    for (const [key, session] of this.#byKey) {
      if (this.#byKey.size <= this.#size && (looks-- === 0 || !this.#isOver(session, now))) return
      this.#byKey.delete(key)
    }
  }

  #isOver({ usedAt }: Session, now: number): boolean {
    return now - usedAt >= this.#idleMs
  }
}
