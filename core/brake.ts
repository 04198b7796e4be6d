import type { Chain } from './chain.ts'
import type { Cancel, Clock } from './contracts/clock.ts'
import type { Flow } from './contracts/flow.ts'
import type { Logger } from './contracts/logger.ts'

/** What brakes need of the gateway. */
interface Surroundings {
  readonly clock: Clock
  readonly log: Logger
}

/**
 * One direction of a flow whose bytes plugins pace. What was read goes on at once; then nothing more is
 * read for as long as they say, so nothing is kept here and the sender is held back by its own
 * socket. One timer while it holds, none otherwise.
 */
export class Brake {
  /** Reads on; whoever reads sets it. */
  goOn: () => void = ignore
  isHolding = false
  readonly #outer: Chain['pace']
  readonly #inner: Chain['pace']
  readonly #flow: Flow
  readonly #direction: 'up' | 'down'
  readonly #surroundings: Surroundings
  /** Whether the side that takes the bytes has to be waited for as well. */
  #isFull = false
  #cancel: Cancel | undefined = undefined

  constructor(
    outer: Chain['pace'],
    inner: Chain['pace'],
    flow: Flow,
    direction: 'up' | 'down',
    surroundings: Surroundings,
  ) {
    this.#outer = outer
    this.#inner = inner
    this.#flow = flow
    this.#direction = direction
    this.#surroundings = surroundings
  }

  /** Bytes were handed on; `isFull` when their taker wants no more. False to stop reading. */
  passed(bytes: number, isFull: boolean): boolean {
    if (isFull) this.#isFull = true
    const waitMs = Math.max(this.#ask(this.#outer, bytes), this.#ask(this.#inner, bytes))
    if (waitMs > 0) {
      this.#cancel?.()
      this.isHolding = true
      this.#cancel = this.#surroundings.clock.after(waitMs, this.#release)
    }
    return !isFull && !this.isHolding
  }

  /** Their taker wants more: true if it may be read. */
  drained(): boolean {
    this.#isFull = false
    return !this.isHolding
  }

  /** The flow is over. */
  end(): void {
    this.#cancel?.()
    this.goOn = ignore
  }

  readonly #release = (): void => {
    this.isHolding = false
    if (!this.#isFull) this.goOn()
  }

  #ask(plugins: Chain['pace'], bytes: number): number {
    let longest = 0
    for (const plugin of plugins) {
      try {
        const waitMs = plugin.pace(this.#flow, this.#direction, bytes)
        if (waitMs > longest) longest = waitMs
      } catch (error: unknown) {
        this.#surroundings.log.error({ err: error }, 'a plugin threw')
      }
    }
    return longest
  }
}

/** Both directions of a flow. */
export class Brakes {
  readonly up: Brake
  readonly down: Brake

  constructor(outer: Chain, inner: Chain, flow: Flow, surroundings: Surroundings) {
    this.up = new Brake(outer.pace, inner.pace, flow, 'up', surroundings)
    this.down = new Brake(outer.pace, inner.pace, flow, 'down', surroundings)
  }

  end(): void {
    this.up.end()
    this.down.end()
  }
}

/** The brakes of a flow; undefined where no plugin of its chains has any. */
export function brakesOf(
  outer: Chain,
  inner: Chain,
  flow: Flow,
  surroundings: Surroundings,
): Brakes | undefined {
  if (outer.pace.length + inner.pace.length === 0) return undefined
  return new Brakes(outer, inner, flow, surroundings)
}

function ignore(): void {}
