import type { Cancel, Clock } from './contracts/clock.ts'
import type { Cut } from './contracts/gateway.ts'
import type { StopPlan } from './contracts/lifecycle.ts'
import type { Logger } from './contracts/logger.ts'
import type { Host } from './http/gateway-host.ts'
import type { Listeners } from './http/listeners.ts'
import type { Tunnels } from './http/tunnels.ts'
import type { LiveLifecycle } from './lifecycle.ts'
import { askingMs, tellProgress } from './progress.ts'
import type { Streams } from './stream/streams.ts'
import { inNextTurn } from './system/turn.ts'

// While connections linger: those that clients close themselves are no exchanges.
const LOOK_EVERY_MS = 250

/** The end of a gateway: it stops accepting, and what is in flight finishes or is cut. */
export class Stop {
  readonly #clock: Clock
  readonly #log: Logger
  readonly #lifecycle: LiveLifecycle
  readonly #listeners: Listeners
  readonly #tunnels: Tunnels
  readonly #streams: Streams
  /** How many exchanges are in flight, tunnels included. */
  readonly #inFlight: () => number
  #look: (() => void) | undefined = undefined
  #isToLook = false

  constructor(host: Host, listeners: Listeners, inFlight: () => number) {
    this.#clock = host.clock
    this.#log = host.log
    this.#lifecycle = host.lifecycle
    this.#tunnels = host.tunnels
    this.#streams = host.streams
    this.#listeners = listeners
    this.#inFlight = inFlight
  }

  /** An exchange is over. */
  finished(): void {
    if (this.#look === undefined || this.#isToLook) return
    // Its connection is idle by then, and a thousand that end in one turn cost one look.
    this.#isToLook = true
    inNextTurn(() => {
      this.#isToLook = false
      this.#look?.()
    })
  }

  /**
   * Balancers in front have the plan's grace to notice, unless there are none to tell because
   * another process takes the sockets over. Then waits for what is in flight, and cuts the rest.
   */
  async run(plan: StopPlan, isReplaced: boolean): Promise<Cut> {
    const startedAt = this.#clock.now()
    if (!isReplaced && plan.graceMs > 0 && this.#listeners.isListening) {
      await this.#grace(plan.graceMs)
    }
    this.#lifecycle.end()
    // Where another process serves there is no hurry, and each connection that is closed while idle
    // may cost a request that is on its way.
    const lingerMs = isReplaced ? plan.deadlineMs : plan.lingerMs
    const cut = await this.#drain(plan, Math.min(lingerMs, plan.deadlineMs))
    const fields = { ...cut, tookMs: Math.round(this.#clock.now() - startedAt) }
    if (cut.exchanges + cut.tunnels > 0) this.#log.warn(fields, 'cut at the deadline of the drain')
    else if (this.#listeners.isListening) this.#log.info(fields, 'drained, nothing was cut')
    return cut
  }

  /** Serves on while balancers and clients turn elsewhere. */
  async #grace(graceMs: number): Promise<void> {
    this.#log.info({ graceMs, ...this.#counts() }, 'not ready any more, accepting for a grace')
    this.#listeners.disperse(graceMs)
    await new Promise<void>((resolve) => this.#clock.after(graceMs, resolve))
  }

  async #drain({ deadlineMs, spreadMs }: StopPlan, lingerMs: number): Promise<Cut> {
    const isLingering = lingerMs > 0 && this.#listeners.connections > 0
    if (isLingering) this.#listeners.endAccepting()
    else this.#listeners.stop()
    const dismissal = this.#tunnels.dismiss(all, askingMs(deadlineMs, spreadMs), deadlineMs)
    const stopTelling = tellProgress(this.#clock, deadlineMs, (progress) => {
      this.#log.info({ ...this.#counts(), ...progress }, 'draining')
    })
    await this.#quiet(deadlineMs, isLingering ? lingerMs : 0)
    this.#listeners.stop()
    stopTelling()
    dismissal.cancel()
    const { told } = dismissal
    if (told > 0) this.#log.info({ tunnels: told }, 'WebSockets were asked to reconnect')
    const { exchanges } = this.#counts()
    const tunnels = dismissal.cut + this.#tunnels.cut(all)
    this.#streams.cutAll()
    return { exchanges, tunnels }
  }

  #quiet(deadlineMs: number, lingerMs: number): Promise<void> {
    return new Promise((resolve) => {
      let isLingering = lingerMs > 0
      const look = (): void => {
        if (!isLingering) this.#listeners.closeIdle()
        if (this.#inFlight() > 0 || (isLingering && this.#listeners.connections > 0)) return
        over()
      }
      const cancelLinger = this.#clock.after(lingerMs, () => {
        if (!isLingering) return
        isLingering = false
        this.#listeners.stop()
        look()
      })
      const cancel = this.#clock.after(deadlineMs, () => over())
      let cancelLook: Cancel = () => {}
      const lookAgain = (): void => {
        look()
        if (isLingering) cancelLook = this.#clock.after(LOOK_EVERY_MS, lookAgain)
      }
      const over = (): void => {
        this.#look = undefined
        isLingering = false
        cancel()
        cancelLinger()
        cancelLook()
        resolve()
      }
      this.#look = look
      lookAgain()
    })
  }

  #counts(): Cut {
    const tunnels = this.#tunnels.size
    return { exchanges: this.#inFlight() - tunnels, tunnels }
  }
}

function all(): boolean {
  return true
}
