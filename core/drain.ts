import type { Clock } from './contracts/clock.ts'
import type { Logger } from './contracts/logger.ts'
import type { Listeners } from './http/listeners.ts'
import type { Tunnels } from './http/tunnels.ts'

// The rest of the time is for WebSockets that were asked last to close in.
const ASKING_SHARE = 0.8
// Of a process whose sockets another one takes over: its clients are served all the time.
const REPLACED_LINGER_MS = 1_000

/** What a stop had to end before it was over. */
export interface Cut {
  /** Requests without their whole answer. */
  readonly exchanges: number
  readonly tunnels: number
}

/** The end of a gateway that has stopped accepting: what is in flight finishes or is cut. */
export class Drain {
  readonly #clock: Clock
  readonly #log: Logger
  readonly #listeners: Listeners
  readonly #tunnels: Tunnels
  /** How many exchanges are in flight, tunnels included. */
  readonly #exchanges: () => number
  #whenQuiet: (() => void) | undefined = undefined

  constructor(
    clock: Clock,
    log: Logger,
    listeners: Listeners,
    tunnels: Tunnels,
    exchanges: () => number,
  ) {
    this.#clock = clock
    this.#log = log
    this.#listeners = listeners
    this.#tunnels = tunnels
    this.#exchanges = exchanges
  }

  /** An exchange is over. */
  finished(): void {
    this.#whenQuiet?.()
  }

  /**
   * Waits for what is in flight, at most `patienceMs`, and cuts the rest. WebSockets are asked to
   * reconnect meanwhile, spread over `spreadMs`. When another process accepts by now, idle
   * connections stay for a while, so that requests which are on their way still get their answer.
   */
  async run(patienceMs: number, spreadMs: number, isReplaced: boolean): Promise<Cut> {
    const overMs = Math.min(spreadMs, patienceMs * ASKING_SHARE)
    const dismissal = this.#tunnels.dismiss(all, overMs)
    if (isReplaced) await this.#linger(Math.min(REPLACED_LINGER_MS, patienceMs))
    await this.#quiet(patienceMs)
    dismissal.cancel()
    const { told } = dismissal
    if (told > 0) this.#log.info({ tunnels: told }, 'WebSockets were asked to reconnect')
    const exchanges = this.#exchanges() - this.#tunnels.size
    const tunnels = this.#tunnels.cut(all)
    const cut = { exchanges, tunnels }
    if (exchanges + tunnels > 0) this.#log.warn(cut, 'cut at the end of shutdownTimeout')
    return cut
  }

  #linger(lingerMs: number): Promise<void> {
    return new Promise((resolve) => this.#clock.after(lingerMs, resolve))
  }

  #quiet(patienceMs: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#clock.after(patienceMs, resolve)
      this.#whenQuiet = () => {
        this.#listeners.closeIdle()
        if (this.#exchanges() > 0) return
        cancel()
        resolve()
      }
      this.#whenQuiet()
    })
  }
}

function all(): boolean {
  return true
}
