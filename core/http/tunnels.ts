import type { Cancel, Clock, Rng } from '../contracts/clock.ts'
import { Cutting } from './cutting.ts'
import { type Dismissal, Farewell, type Which } from './dismissal.ts'
import { IDLE, RESTARTS } from './goodbye.ts'
import type { Lasting } from './lasting.ts'

// Tunnels are looked at this often, all at once: a timer for each would be moved by every message.
const SWEEP_MS = 1_000
// What one side has left waits this long in silence for the other.
const ENDING_MS = 60_000

/** The live tunnels of a gateway, which no HTTP server counts among its connections any more. */
export class Tunnels {
  readonly #clock: Clock
  readonly #rng: Rng
  readonly #open = new Set<Lasting>()
  readonly #farewells = new Set<Farewell>()
  #cancelSweep: Cancel | undefined = undefined

  constructor(clock: Clock, rng: Rng) {
    this.#clock = clock
    this.#rng = rng
  }

  get size(): number {
    return this.#open.size
  }

  add(tunnel: Lasting): void {
    this.#open.add(tunnel)
    this.#cancelSweep ??= this.#clock.after(SWEEP_MS, this.#sweep)
    for (const farewell of this.#farewells) farewell.joined(tunnel)
  }

  remove(tunnel: Lasting): void {
    this.#open.delete(tunnel)
    if (this.#open.size > 0) return
    this.#cancelSweep?.()
    this.#cancelSweep = undefined
  }

  /**
   * Asks WebSockets to go, in random order, spread over `overMs`, so that their clients do not come
   * back all at once. Those that open meanwhile are asked at once. Other protocols know no such
   * word: they are left alone until `cut`, but for those that are cut in turn, each at a moment of its
   * own within the last fifth of `deadlineMs`.
   */
  dismiss(which: Which, overMs: number, deadlineMs = Number.POSITIVE_INFINITY): Dismissal {
    const tunnels = [...this.#open].filter(which)
    const cutting = new Cutting(this.#clock, this.#rng, deadlineMs, () =>
      [...this.#open].filter((one) => one.isCutInTurn === true && which(one)),
    )
    const farewell = new Farewell(this.#clock, this.#rng, which, tunnels, overMs, cutting, () =>
      this.#farewells.delete(farewell),
    )
    this.#farewells.add(farewell)
    return farewell
  }

  /** Ends tunnels now. Gives how many. */
  cut(which: Which): number {
    const tunnels = [...this.#open].filter((one) => one.isGone !== true && which(one))
    for (const tunnel of tunnels) tunnel.cut(RESTARTS)
    return tunnels.length
  }

  readonly #sweep = (): void => {
    this.#cancelSweep = this.#clock.after(SWEEP_MS, this.#sweep)
    const now = this.#clock.now()
    for (const tunnel of this.#open) {
      const { idleTimeoutMs } = tunnel
      const bytes = tunnel.bytesUp + tunnel.bytesDown
      if (bytes !== tunnel.seenBytes) {
        tunnel.seenBytes = bytes
        tunnel.quietSince = now
        continue
      }
      const quietMs = now - tunnel.quietSince
      const isIdle = idleTimeoutMs > 0 && quietMs >= idleTimeoutMs
      if (isIdle || (tunnel.isEnding && quietMs >= ENDING_MS)) tunnel.cut(IDLE)
    }
  }
}
