import type { Clock, WaitListener } from '#core'
import type { Standing } from './standing.ts'

// So often, while flows wait, within the time that an endpoint has: late by a sixteenth at most.
const LOOKS = 16
/**
 * Fewer flows than asked for, but no fewer than these, show it too when they wait for three quarters of
 * the time all together: a strategy that looks at load sends no third one where two wait.
 */
export const FEWEST = 2
// Of 3 flows that wait for 2 s, 2.25 s for two: with the last look that is 2.4 s, below the 2.5 that
// are promised.
const ALL_TOGETHER = 3 / 4

/** What finds endpoints that are silent, and what it asks back. */
interface Rules {
  /** So many flows must wait; 0 looks for nothing. */
  readonly flows: number
  readonly afterMs: number
  standingOf(endpoint: { readonly index: number }): Standing | undefined
  /** How many must wait, by how slow the others are and how many flows wait for those. */
  needed(standing: Standing, waitingElsewhere: number): number
  hangs(standing: Standing): void
  answersAgain(standing: Standing): void
}

/**
 * Watches flows that no first byte comes for. One timer for all endpoints, and only while some of
 * them may be silent.
 */
export class Silence implements WaitListener {
  readonly #clock: Clock
  readonly #rules: Rules
  #watched: Standing[] = []
  #heard = 0
  #waiting = 0
  #isLooking = false

  constructor(clock: Clock, rules: Rules) {
    this.#clock = clock
    this.#rules = rules
  }

  awaited(endpoint: { readonly index: number }): void {
    const standing = this.#rules.standingOf(endpoint)
    if (standing === undefined) return
    standing.unheard++
    standing.waiting++
    this.#waiting++
    const { flows } = this.#rules
    if (standing.unheard === flows) standing.fullSince = this.#clock.now()
    if (standing.isWatched || standing.unheard < Math.min(FEWEST, flows)) return
    standing.isWatched = true
    this.#watched.push(standing)
    this.#begin(standing, this.#clock.now())
    this.#lookLater()
  }

  answered(endpoint: { readonly index: number }): void {
    this.#heard++
    const standing = this.#rules.standingOf(endpoint)
    if (standing === undefined) return
    this.#settled(standing)
    standing.unheard = 0
    standing.silentSince = -1
  }

  /** Whatever ended it: what the endpoint is to blame for counts as a failure, elsewhere. */
  missed(endpoint: { readonly index: number }): void {
    const standing = this.#rules.standingOf(endpoint)
    if (standing === undefined) return
    this.#settled(standing)
    if (standing.unheard > 0) standing.unheard--
  }

  /** An endpoint has left: what still waits for it is not looked at. */
  forget(standing: Standing): void {
    this.#waiting -= standing.waiting
    standing.waiting = 0
  }

  #settled(standing: Standing): void {
    standing.waiting--
    this.#waiting--
  }

  #begin(standing: Standing, now: number): void {
    standing.silentSince = now
    standing.heardBefore = this.#heard
  }

  #lookLater(): void {
    if (this.#isLooking) return
    this.#isLooking = true
    this.#clock.after(this.#rules.afterMs / LOOKS, () => this.#look())
  }

  #look(): void {
    this.#isLooking = false
    const now = this.#clock.now()
    const before = this.#watched
    this.#watched = []
    for (const standing of before) {
      standing.isWatched = this.#isWorthALook(standing, now)
      if (standing.isWatched) this.#watched.push(standing)
    }
    if (this.#watched.length > 0) this.#lookLater()
  }

  #isWorthALook(standing: Standing, now: number): boolean {
    if (this.#rules.standingOf(standing.endpoint) !== standing) return false
    if (standing.hold !== undefined) {
      if (standing.charge !== 'hang') return false
      if (standing.isSilent) return true
      this.#rules.answersAgain(standing)
      return false
    }
    if (standing.unheard < Math.min(FEWEST, this.#rules.flows)) return false
    if (standing.unheard < this.#rules.needed(standing, this.#waiting - standing.waiting))
      standing.silentSince = -1
    else if (standing.silentSince < 0) this.#begin(standing, now)
    // Where nobody answers it is not this endpoint.
    else if (this.#isLong(standing, now) && this.#heard > standing.heardBefore) {
      this.#rules.hangs(standing)
    }
    return true
  }

  #isLong({ unheard, silentSince, fullSince }: Standing, now: number): boolean {
    const { flows, afterMs } = this.#rules
    if (unheard >= flows && now - Math.max(silentSince, fullSince) >= afterMs) return true
    return now - silentSince >= (afterMs * flows * ALL_TOGETHER) / FEWEST
  }
}
