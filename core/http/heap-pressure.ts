import type { Cancel, Clock } from '../contracts/clock.ts'
import type { Logger } from '../contracts/logger.ts'
import type { ErrorCode } from '../errors.ts'
import type { RequestHead } from './gate.ts'
import type { Surroundings } from './tls-front.ts'

/** From which share of the heap on load is shed. */
export interface ShedLimits {
  /** Requests are refused. */
  readonly heap: number
  /** Connections are refused as well. */
  readonly stop: number
}

const CHECK_MS = 1_000
// A level is left only this far below where it began, so that it does not come and go.
const HYSTERESIS = 0.05
const LEVELS = ['none', 'requests', 'connections']

/**
 * Watches the heap, once a second. Envoy's overload manager is the model: at 95 % it sheds load, at
 * 98 % it stops accepting. Nothing is measured per request.
 */
export class HeapPressure {
  readonly #clock: Clock
  readonly #log: Logger
  readonly #share: () => number
  readonly #onFull: (isFull: boolean) => void
  #limits: ShedLimits = { heap: 1, stop: 1 }
  #level = 0
  #cancel: Cancel | undefined = undefined

  /**
   * `share` gives the used share of the heap, from 0 to 1; `onFull` hears when connections are to be
   * refused and when no more.
   */
  constructor(
    { clock, log }: Surroundings,
    share: () => number,
    onFull: (isFull: boolean) => void,
  ) {
    this.#clock = clock
    this.#log = log
    this.#share = share
    this.#onFull = onFull
  }

  /** Puts limits into force and looks at once. */
  configure(limits: ShedLimits): void {
    this.#limits = limits
    this.#cancel?.()
    this.#check()
  }

  /** The head of a request, or why it is refused now. */
  admit(head: RequestHead | ErrorCode, res: { shouldKeepAlive: boolean }): RequestHead | ErrorCode {
    if (this.#level === 0 || typeof head === 'string') return head
    res.shouldKeepAlive = false
    return 'OVERLOADED'
  }

  stop(): void {
    this.#cancel?.()
  }

  readonly #check = (): void => {
    this.#cancel = this.#clock.after(CHECK_MS, this.#check)
    const share = this.#share()
    const level = levelOf(share, this.#limits, this.#level)
    if (level === this.#level) return
    if (level === 2 || this.#level === 2) this.#onFull(level === 2)
    this.#level = level
    const pressure = LEVELS[level] ?? 'none'
    const fields = { heap: Math.round(share * 1_000) / 1_000, limits: this.#limits }
    if (pressure === 'none') this.#log.warn(fields, 'the heap has room again: nothing is shed')
    else this.#log.error(fields, `the heap is nearly full: ${pressure} are refused`)
  }
}

/** 0 for none, 1 for requests, 2 for connections too; `before` is the level in force. */
export function levelOf(share: number, { heap, stop }: ShedLimits, before: number): number {
  if (share >= stop - (before === 2 ? HYSTERESIS : 0)) return 2
  return share >= heap - (before >= 1 ? HYSTERESIS : 0) ? 1 : 0
}
