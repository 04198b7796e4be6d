import type { Cancel } from '../contracts/clock.ts'
import type { Outcome } from '../contracts/flow.ts'
import type { AnswerListener, Observer, WaitListener } from '../contracts/upstream.ts'
import type { LiveEndpoint } from './endpoint.ts'
import type { ActiveFlow } from './flow.ts'

/** Who is told of the attempts on an upstream. One that throws costs a log line, nothing else. */
export class Observers {
  readonly #threw: (error: unknown) => void
  // Arrays: walking a set makes an iterator each time.
  #ends: readonly Observer[] = []
  #answers: readonly AnswerListener[] = []
  #waits: readonly WaitListener[] = []

  constructor(threw: (error: unknown) => void) {
    this.#threw = threw
  }

  observe(observer: Observer): Cancel {
    this.#ends = [...this.#ends, observer]
    return () => {
      this.#ends = without(this.#ends, observer)
    }
  }

  observeAnswers(listener: AnswerListener): Cancel {
    this.#answers = [...this.#answers, listener]
    return () => {
      this.#answers = without(this.#answers, listener)
    }
  }

  observeWaits(listener: WaitListener): Cancel {
    this.#waits = [...this.#waits, listener]
    return () => {
      this.#waits = without(this.#waits, listener)
    }
  }

  /** An attempt under way has all that it takes to be answered. */
  awaited(flow: ActiveFlow, endpoint: LiveEndpoint): void {
    if (this.#waits.length === 0 || flow.isAwaited || flow.answeredAt > 0) return
    flow.isAwaited = true
    const listeners = this.#waits
    for (let i = 0; i < listeners.length; i++) {
      try {
        listeners[i]?.awaited(endpoint)
      } catch (error: unknown) {
        this.#threw(error)
      }
    }
  }

  /** The first byte came, or, with an outcome, the attempt ended without one. */
  settled(flow: ActiveFlow, endpoint: LiveEndpoint, outcome?: Outcome): void {
    if (!flow.isAwaited) return
    flow.isAwaited = false
    const listeners = this.#waits
    for (let i = 0; i < listeners.length; i++) {
      try {
        if (outcome === undefined) listeners[i]?.answered(endpoint)
        else listeners[i]?.missed(endpoint, outcome)
      } catch (error: unknown) {
        this.#threw(error)
      }
    }
  }

  answered(flow: ActiveFlow, endpoint: LiveEndpoint): void {
    const listeners = this.#answers
    for (let i = 0; i < listeners.length; i++) {
      try {
        listeners[i]?.(endpoint, flow)
      } catch (error: unknown) {
        this.#threw(error)
      }
    }
  }

  ended(flow: ActiveFlow, endpoint: LiveEndpoint, latencyMs: number, outcome: Outcome): void {
    const observers = this.#ends
    for (let i = 0; i < observers.length; i++) {
      try {
        observers[i]?.(endpoint, latencyMs, outcome, flow)
      } catch (error: unknown) {
        this.#threw(error)
      }
    }
  }
}

/** A list with an item once less: two uses may have given the same one. */
function without<T>(list: readonly T[], item: T): readonly T[] {
  const at = list.indexOf(item)
  return at < 0 ? list : list.toSpliced(at, 1)
}
