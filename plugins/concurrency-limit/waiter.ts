import type { Cancel, Exchange } from '#core'
import type { AdaptiveLimit } from './adaptive-limit.ts'
import type { Gate } from './gate.ts'
import type { Linked } from './waiting-line.ts'

/** A gate, and what moves its limit. */
export interface Place {
  readonly gate: Gate
  readonly adaptive: AdaptiveLimit | undefined
}

/** One exchange that waits for a place. */
export class Waiter implements Linked<Waiter> {
  front: Waiter | undefined = undefined
  back: Waiter | undefined = undefined
  readonly exchange: Exchange
  readonly place: Place
  readonly level: number
  readonly since: number
  /** Fulfilled when it need not wait any longer, for whatever reason. */
  readonly over: Promise<void>
  /** Ends its wait at the deadline. */
  cancelDeadline: Cancel | undefined = undefined
  #end: () => void = () => {}

  constructor(exchange: Exchange, place: Place, level: number, since: number) {
    this.exchange = exchange
    this.place = place
    this.level = level
    this.since = since
    this.over = new Promise((resolve) => {
      this.#end = resolve
    })
  }

  end(): void {
    this.cancelDeadline?.()
    this.#end()
  }
}
