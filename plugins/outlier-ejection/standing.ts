import type { Endpoint, Hold } from '#core'
import { Counts } from './counts.ts'

/** What ejected an endpoint. */
export type Charge = 'unanswered' | 'rate' | 'latency' | 'hang'

/** What is known of one endpoint of one upstream. */
export class Standing {
  readonly endpoint: Endpoint
  readonly counts = new Counts()
  /**
   * Attempts in a row that ended without an answer, in the order in which they began: those that wait
   * for a timeout end last, and so would make a row of their own.
   */
  run = 0
  /** How many of the last of them found no connection, one after another. */
  refused = 0
  /** When the earliest of them began, and the latest one that was answered, in ms. */
  runSince = 0
  answeredSince = Number.NEGATIVE_INFINITY
  /** The slot in which its latency was compared last. */
  comparedIn = -1
  /** The ejection in force. */
  hold: Hold | undefined = undefined
  charge: Charge = 'unanswered'
  until = 0
  /** Ejections that count towards the length of the next. */
  earlier = 0
  returnedAt = 0
  /** Flows that wait for a first byte. */
  waiting = 0
  /** Flows begun since its last first byte and still waiting. */
  unheard = 0
  /** Since when there are as many of them as it takes, in ms; -1 for not so many. */
  silentSince = -1
  /** Since when there are as many as the options ask for. */
  fullSince = 0
  /** How many first bytes came from the whole upstream until then. */
  heardBefore = 0
  isWatched = false

  constructor(endpoint: Endpoint) {
    this.endpoint = endpoint
  }

  /** Whether no first byte has come since it was found silent. */
  get isSilent(): boolean {
    return this.silentSince >= 0
  }

  /** Whether it is held as hanging and still leaves flows without a byte. */
  get isHanging(): boolean {
    return this.charge === 'hang' && this.isSilent && this.unheard > 0
  }

  /** An attempt that began at a time was answered, whatever with. */
  ranWell(startedAt: number): void {
    if (startedAt > this.answeredSince) this.answeredSince = startedAt
    if (startedAt < this.runSince) return
    this.run = 0
    this.refused = 0
  }

  /** One ended without an answer, or without so much as a connection. */
  ranBadly(startedAt: number, isRefused: boolean): void {
    if (startedAt < this.answeredSince) return
    this.refused = isRefused ? this.refused + 1 : 0
    if (this.run === 0 || startedAt < this.runSince) this.runSince = startedAt
    this.run++
  }

  /** It begins anew: what it did before does not count. */
  renew(): void {
    this.run = 0
    this.refused = 0
    this.unheard = 0
    this.silentSince = -1
  }
}
