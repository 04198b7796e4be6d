import type { Cancel, Clock, Rng } from '../contracts/clock.ts'
import { IDLE, RESTARTS, type Tunnel } from './tunnel.ts'

// Tunnels are looked at this often, all at once: a timer for each would be moved by every message.
const SWEEP_MS = 1_000
// What one side has left waits this long in silence for the other.
const ENDING_MS = 60_000
// Tunnels are not told more slowly than four a second: a few need no long goodbye.
const LONGEST_GAP_MS = 250

/** Which tunnels are meant, such as those of one endpoint. */
export type Which = (tunnel: Tunnel) => boolean

/** Tunnels that are being asked to go. */
export interface Dismissal {
  /** How many were told so far. */
  readonly told: number
  /** Tells nobody any more. */
  cancel(): void
}

/** The live tunnels of a gateway, which no HTTP server counts among its connections any more. */
export class Tunnels {
  readonly #clock: Clock
  readonly #rng: Rng
  readonly #open = new Set<Tunnel>()
  readonly #farewells = new Set<Farewell>()
  #cancelSweep: Cancel | undefined = undefined

  constructor(clock: Clock, rng: Rng) {
    this.#clock = clock
    this.#rng = rng
  }

  get size(): number {
    return this.#open.size
  }

  add(tunnel: Tunnel): void {
    this.#open.add(tunnel)
    this.#cancelSweep ??= this.#clock.after(SWEEP_MS, this.#sweep)
    for (const farewell of this.#farewells) farewell.joined(tunnel)
  }

  remove(tunnel: Tunnel): void {
    this.#open.delete(tunnel)
    if (this.#open.size > 0) return
    this.#cancelSweep?.()
    this.#cancelSweep = undefined
  }

  /**
   * Asks WebSockets to go, in random order, spread over `overMs`, so that their clients do not come
   * back all at once. Those that open meanwhile are asked at once. Other protocols know no such
   * word: they are left alone until `cut`.
   */
  dismiss(which: Which, overMs: number): Dismissal {
    const tunnels = [...this.#open].filter(which)
    const farewell = new Farewell(this.#clock, this.#rng, which, tunnels, overMs, () =>
      this.#farewells.delete(farewell),
    )
    this.#farewells.add(farewell)
    return farewell
  }

  /** Ends tunnels now. Gives how many. */
  cut(which: Which): number {
    const tunnels = [...this.#open].filter(which)
    for (const tunnel of tunnels) tunnel.cut(RESTARTS)
    return tunnels.length
  }

  readonly #sweep = (): void => {
    this.#cancelSweep = this.#clock.after(SWEEP_MS, this.#sweep)
    const now = this.#clock.now()
    for (const tunnel of this.#open) {
      const { bytes, idleTimeoutMs } = tunnel
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

/** One dismissal: a walk through tunnels in random order, with one timer. */
class Farewell implements Dismissal {
  readonly #clock: Clock
  readonly #rng: Rng
  readonly #which: Which
  readonly #waiting: Tunnel[]
  readonly #onCancel: () => void
  readonly #from: number
  readonly #slotMs: number
  #next = 0
  #cancelTimer: Cancel | undefined = undefined
  told = 0

  constructor(
    clock: Clock,
    rng: Rng,
    which: Which,
    tunnels: Tunnel[],
    overMs: number,
    onCancel: () => void,
  ) {
    this.#clock = clock
    this.#rng = rng
    this.#which = which
    this.#waiting = tunnels
    this.#onCancel = onCancel
    this.#from = clock.now()
    this.#slotMs = Math.min(overMs / Math.max(1, tunnels.length), LONGEST_GAP_MS)
    shuffle(tunnels, rng)
    this.#tellNext()
  }

  joined(tunnel: Tunnel): void {
    if (this.#which(tunnel) && tunnel.tell(RESTARTS)) this.told++
  }

  cancel(): void {
    this.#cancelTimer?.()
    this.#waiting.length = 0
    this.#onCancel()
  }

  // The first is told now, each other one at a random moment of a slot of its own.
  #tellNext(): void {
    const tunnel = this.#waiting[this.#next++]
    if (tunnel === undefined) return
    if (tunnel.tell(RESTARTS)) this.told++
    const due = this.#from + (this.#next + this.#rng.unit()) * this.#slotMs
    this.#cancelTimer = this.#clock.after(due - this.#clock.now(), () => this.#tellNext())
  }
}

// Fisher and Yates.
function shuffle<T>(list: T[], rng: Rng): void {
  for (let i = list.length - 1; i > 0; i--) {
    const j = rng.below(i + 1)
    const swapped = list[i] as T
    list[i] = list[j] as T
    list[j] = swapped
  }
}
