import type { Cancel } from '../contracts/clock.ts'
import type { Outcome } from '../contracts/flow.ts'
import type { Observer, WaitListener } from '../contracts/upstream.ts'
import type { LiveEndpoint } from './endpoint.ts'
import type { ActiveFlow } from './flow.ts'

/** Who is told of the attempts on an upstream. One that throws costs a log line, nothing else. */
export class Observers {
  readonly #threw: (error: unknown) => void
  readonly #ends = new Set<Observer>()
  readonly #waits = new Set<WaitListener>()

  constructor(threw: (error: unknown) => void) {
    this.#threw = threw
  }

  observe(observer: Observer): Cancel {
    this.#ends.add(observer)
    return () => this.#ends.delete(observer)
  }

  observeWaits(listener: WaitListener): Cancel {
    this.#waits.add(listener)
    return () => this.#waits.delete(listener)
  }

  /** An attempt under way has all that it takes to be answered. */
  awaited(flow: ActiveFlow, endpoint: LiveEndpoint): void {
    if (this.#waits.size === 0 || flow.isAwaited || flow.answeredAt > 0) return
    flow.isAwaited = true
    for (const listener of this.#waits) {
      try {
        listener.awaited(endpoint)
      } catch (error: unknown) {
        this.#threw(error)
      }
    }
  }

  /** The first byte came, or, with an outcome, the attempt ended without one. */
  settled(flow: ActiveFlow, endpoint: LiveEndpoint, outcome?: Outcome): void {
    if (!flow.isAwaited) return
    flow.isAwaited = false
    for (const listener of this.#waits) {
      try {
        if (outcome === undefined) listener.answered(endpoint)
        else listener.missed(endpoint, outcome)
      } catch (error: unknown) {
        this.#threw(error)
      }
    }
  }

  ended(flow: ActiveFlow, endpoint: LiveEndpoint, latencyMs: number, outcome: Outcome): void {
    for (const observer of this.#ends) {
      try {
        observer(endpoint, latencyMs, outcome, flow)
      } catch (error: unknown) {
        this.#threw(error)
      }
    }
  }
}
