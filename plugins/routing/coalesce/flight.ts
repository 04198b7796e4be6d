import type { Cancel, Exchange } from '#core'
import type { Recording } from './recording.ts'

/** One who waits for another's answer. */
export class Follower {
  readonly exchange: Exchange
  readonly flight: Flight
  /** Fulfilled when it need not wait any longer: it was answered, has left, or asks itself. */
  readonly over: Promise<void>
  cancelWait: Cancel | undefined = undefined
  #end: () => void = () => {}

  constructor(exchange: Exchange, flight: Flight) {
    this.exchange = exchange
    this.flight = flight
    this.over = new Promise((resolve) => {
      this.#end = resolve
    })
  }

  end(): void {
    this.cancelWait?.()
    this.#end()
  }
}

/** One request that several wait for, and those of them who are to ask themselves. */
export class Flight {
  readonly key: string
  /** Who asks, and what is kept of the answer; undefined once that is decided. */
  leader: Exchange | undefined = undefined
  recording: Recording | undefined = undefined
  readonly followers = new Set<Follower>()
  /** Those who will ask themselves, and how many do now. */
  readonly lonely = new Set<Follower>()
  alone = 0
  failures = 0

  constructor(key: string) {
    this.key = key
  }
}

/** One who asks by itself because another's answer was not for it. */
export class Loner {
  readonly flight: Flight

  constructor(flight: Flight) {
    this.flight = flight
  }
}
