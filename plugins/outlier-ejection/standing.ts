import type { Endpoint, Hold } from '#core'
import { Counts } from './counts.ts'

/** What ejected an endpoint. */
export type Charge = 'unanswered' | 'rate' | 'latency' | 'hang'

/** What is known of one endpoint of one upstream. */
export class Standing {
  readonly endpoint: Endpoint
  readonly counts = new Counts()
  /** Attempts in a row that ended without an answer. */
  run = 0
  /** The slot in which its latency was compared last. */
  comparedIn = -1
  /** The ejection in force. */
  hold: Hold | undefined = undefined
  charge: Charge = 'unanswered'
  until = 0
  /** Ejections that count towards the length of the next. */
  earlier = 0
  returnedAt = 0
  /** Flows begun since its last first byte that still wait for theirs. */
  unheard = 0
  /** Since when there are as many of them as it takes, in ms; -1 for not so many. */
  silentSince = -1
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

  /** It begins anew: what it did before does not count. */
  renew(): void {
    this.run = 0
    this.unheard = 0
    this.silentSince = -1
  }
}
