import type { Cancel, Clock } from '../contracts/clock.ts'
import type { Endpoint, Hold } from '../contracts/endpoint.ts'
import type { Logger } from '../contracts/logger.ts'
import type { Drain, DrainEnd, DrainOptions, Upstream } from '../contracts/upstream.ts'
import { askingMs, tellProgress } from '../progress.ts'

const DEADLINE_MS = 30_000

/** Flows that last, such as tunnels: they are asked to go, and cut where they do not. */
export interface LastingFlows {
  /**
   * Asks those on an endpoint to go, spread over `overMs`, and those that come meanwhile. Those that
   * cannot be asked are cut one by one before `deadlineMs` are over; `cut` is how many so far.
   */
  dismiss(
    endpoint: Endpoint,
    overMs: number,
    deadlineMs: number,
  ): { readonly cut: number; cancel(): void }
  /** Ends those on an endpoint now. Gives how many. */
  cut(endpoint: Endpoint): number
}

/** Where nothing lasts. */
export const NOTHING_LASTS: LastingFlows = {
  dismiss: () => ({ cut: 0, cancel() {} }),
  cut: () => 0,
}

/** What a drain needs to know of its place. */
export interface DrainPlace {
  readonly upstream: Upstream
  readonly clock: Clock
  readonly log: Logger
  readonly lasting: LastingFlows
  /** Whether sessions are bound to its endpoint, which may come back to it. */
  readonly bindsSessions?: boolean
  /** Called once, when nothing is left to undo. */
  readonly onRelease?: () => void
}

/** The way of one endpoint out of traffic, and back if it is released. */
export class EndpointDrain implements Drain {
  readonly endpoint: Endpoint
  readonly done: Promise<DrainEnd>
  readonly #place: DrainPlace
  readonly #quietMs: number
  readonly #holds: Hold[] = []
  readonly #undo: Cancel[] = []
  #dismissal: { readonly cut: number } | undefined = undefined
  #resolve: (end: DrainEnd) => void = () => {}
  #cancelQuiet: Cancel | undefined = undefined
  #isDone = false
  #isReleased = false

  constructor(place: DrainPlace, endpoint: Endpoint, options: DrainOptions) {
    const { deadlineMs = DEADLINE_MS, spreadMs = Number.POSITIVE_INFINITY, cause = '' } = options
    const { upstream, clock, log, lasting, bindsSessions = false } = place
    this.endpoint = endpoint
    this.#place = place
    const isThere = upstream.endpoints.includes(endpoint)
    this.#quietMs = options.quietMs ?? (bindsSessions && isThere ? Number.POSITIVE_INFINITY : 0)
    this.done = new Promise((resolve) => {
      this.#resolve = resolve
    })
    this.#hold('drain', cause)
    const dismissal = lasting.dismiss(endpoint, askingMs(deadlineMs, spreadMs), deadlineMs)
    this.#dismissal = dismissal
    this.#undo.push(
      () => dismissal.cancel(),
      upstream.observe((one) => {
        if (one === endpoint) this.#look()
      }),
      clock.after(deadlineMs, () => this.#expire()),
      tellProgress(clock, deadlineMs, ({ leftMs }) => {
        log.info({ ...this.#fields, leftMs }, 'an endpoint is draining')
      }),
    )
    this.#look()
  }

  get left(): number {
    return this.endpoint.inflight
  }

  get isDone(): boolean {
    return this.#isDone
  }

  release(cause?: string): void {
    if (this.#isReleased) return
    this.#isReleased = true
    if (!this.#isDone) this.#end('released', 0)
    for (const hold of this.#holds) hold.release(cause)
    this.#place.onRelease?.()
  }

  /** Nothing has to have been on it for `quietMs`: flows that prefer it may come again. */
  #look(): void {
    this.#cancelQuiet?.()
    this.#cancelQuiet = undefined
    if (this.left > 0 || this.#isDone) return
    if (this.#quietMs === 0) this.#end('drained', 0)
    else if (this.#quietMs < Number.POSITIVE_INFINITY) {
      this.#cancelQuiet = this.#place.clock.after(this.#quietMs, () => {
        if (this.left === 0) this.#end('drained', 0)
      })
    }
  }

  #expire(): void {
    // Before the cut, so that nothing takes the place of what is cut.
    this.#hold('drained', 'the deadline of its drain is over')
    this.#end('deadline', this.#place.lasting.cut(this.endpoint))
  }

  #end(how: DrainEnd['how'], cutNow: number): void {
    const cut = cutNow + (this.#dismissal?.cut ?? 0)
    this.#isDone = true
    this.#cancelQuiet?.()
    for (const undo of this.#undo) undo()
    if (how === 'drained') this.#hold('drained', 'nothing was left on it')
    const { log } = this.#place
    // What is cut lets go of it a moment later.
    const left = this.left - cutNow
    const fields = { ...this.#fields, left, cut }
    if (how === 'drained') log.info(fields, 'an endpoint is drained')
    else if (how === 'released') log.info(fields, 'the drain of an endpoint was called off')
    else log.warn(fields, 'the deadline of the drain of an endpoint is over')
    this.#resolve({ how, left, cut })
  }

  get #fields() {
    return { upstream: this.#place.upstream.name, endpoint: this.endpoint.id, left: this.left }
  }

  /** No hold on an endpoint that left: nothing takes it anyway. */
  #hold(reason: 'drain' | 'drained', cause: string): void {
    const { upstream } = this.#place
    if (!upstream.endpoints.includes(this.endpoint)) return
    this.#holds.push(upstream.hold(this.endpoint, reason, { cause }))
  }
}
