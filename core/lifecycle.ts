import type { Cancel, Clock, Rng } from './contracts/clock.ts'
import type { Lifecycle, Phase, StopPlan } from './contracts/lifecycle.ts'

/** The one lifecycle of a gateway, through its reloads. */
export class LiveLifecycle implements Lifecycle {
  readonly #clock: Clock
  readonly #rng: Rng
  readonly #withdrawals = new Set<object>()
  #isListening = false
  #hasEnded = false
  #leavingSince = 0
  #leavingOverMs = 0
  /** The plan of the config in force. */
  plan: StopPlan = { graceMs: 0, deadlineMs: 0, spreadMs: 0, lingerMs: 0 }
  /** Whether answers may have to end their connections; read for each one. */
  isLeaving = false

  constructor(clock: Clock, rng: Rng) {
    this.#clock = clock
    this.#rng = rng
  }

  get phase(): Phase {
    if (this.#withdrawals.size > 0) return 'draining'
    return this.#isListening ? 'ready' : 'starting'
  }

  withdraw(overMs = 0): Cancel {
    const withdrawal = {}
    this.#withdrawals.add(withdrawal)
    if (!this.isLeaving) this.#leave(overMs)
    return () => {
      if (!this.#withdrawals.delete(withdrawal) || this.#withdrawals.size > 0) return
      this.isLeaving = this.#hasEnded
    }
  }

  listens(): void {
    this.#isListening = true
  }

  /** Nothing is accepted any more: every answer is the last on its connection. */
  end(): void {
    this.#hasEnded = true
    this.#leave(0)
  }

  /** Whether an answer that goes out now ends its connection. */
  endsConnection(): boolean {
    if (!this.isLeaving) return false
    const elapsedMs = this.#clock.now() - this.#leavingSince
    return elapsedMs >= this.#leavingOverMs || this.#rng.unit() * this.#leavingOverMs < elapsedMs
  }

  #leave(overMs: number): void {
    this.isLeaving = true
    this.#leavingSince = this.#clock.now()
    this.#leavingOverMs = overMs
  }
}
