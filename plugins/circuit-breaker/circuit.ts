import OpossumBreaker from 'opossum'
import type { Outcome } from '#core'
import { FAILURES, LISTENERS, REFUSED } from './circuit-events.ts'
import { INNER, quiet, type Run, SLOTS, statusOf } from './opossum.ts'
import type { Rotation } from './rotation.ts'

/** What moves a circuit. */
export interface Mover {
  /** Lets a call in: gives the period it belongs to, or -1 for a refusal. */
  admit(): number
  /** A call that was let in is over. */
  settle(period: number, error: unknown, latencyMs: number): void
  openByHand(): void
  closeByHand(): void
  now(): number
}

const NO_ARGS: [] = []

/**
 * A real opossum breaker that does not move by itself. Its listeners that set a timer, or close it
 * at the first success, are taken away, as are those of events that never come; failures do not
 * open it, since it takes itself to be warming up. `Mover` decides; this class carries it out.
 */
export class Circuit extends OpossumBreaker<[run: Run], unknown> {
  /** Slots of its window that may still hold something: rotated as long as there are any. */
  filled = 0
  readonly #mover: Mover
  readonly #rotation: Rotation

  constructor(name: string, group: string, windowMs: number, mover: Mover, rotation: Rotation) {
    super(runIt, quiet(name, group, windowMs))
    this.#mover = mover
    this.#rotation = rotation
    Reflect.set(this, INNER.warmingUp, true)
    this.removeAllListeners()
    for (const [event, listener] of LISTENERS) this.on(event, listener)
  }

  /** Counts a call that did not come through `fire`, and tells of it. */
  told(outcome: Outcome, isFailure: boolean, latencyMs: number): void {
    if (this.filled < SLOTS) this.#rotation.turn(this)
    this.emit('fire', NO_ARGS)
    if (!isFailure) {
      this.emit('success', undefined, latencyMs)
      return
    }
    const error = FAILURES[outcome]
    if (outcome === 'timeout') this.emit('timeout', error, latencyMs, NO_ARGS)
    this.emit('failure', error, latencyMs, NO_ARGS)
  }

  /** A call that has been told of as a success turns out to be a failure. */
  toldLate(outcome: Outcome, latencyMs: number): void {
    if (this.filled < SLOTS) this.#rotation.turn(this)
    this.emit('failure', FAILURES[outcome], latencyMs, NO_ARGS)
  }

  /** Counts a call that was refused without asking anybody. */
  toldRefused(): void {
    if (this.filled < SLOTS) this.#rotation.turn(this)
    this.emit('reject', REFUSED)
  }

  /** Moves opossum's own state. */
  become(kind: 'closed' | 'open' | 'half-open', openMs: number): void {
    if (this.isShutdown) return
    if (kind === 'open') super.open()
    else if (kind === 'closed') super.close()
    else {
      Reflect.set(this, INNER.state, INNER.halfOpen)
      Reflect.set(this, INNER.pendingClose, true)
      this.emit('halfOpen', openMs)
    }
  }

  rotate(): void {
    this.filled--
    statusOf(this).rotateBucket()
  }

  /** Opens it by hand, for as long as any failure would. */
  override open(): void {
    this.#mover.openByHand()
  }

  /** Closes it by hand, at once and for everything. */
  override close(): void {
    this.#mover.closeByHand()
  }

  /** Runs `run` if the breaker lets it in; a rejection is a failure, an `AbortError` says nothing. */
  override call(context: unknown, run: Run): Promise<unknown> {
    if (this.filled < SLOTS) this.#rotation.turn(this)
    const mover = this.#mover
    const period = this.isShutdown ? -1 : mover.admit()
    // Half-open, opossum lets one in and then none; which one, and how many, is not for it to say.
    if (this.halfOpen) Reflect.set(this, INNER.pendingClose, period >= 0)
    if (period < 0) return super.call(context, run)
    const beganAt = mover.now()
    return super.call(context, async () => {
      try {
        const value = await run()
        mover.settle(period, undefined, mover.now() - beganAt)
        return value
      } catch (error: unknown) {
        mover.settle(period, error ?? new Error('rejected with nothing'), mover.now() - beganAt)
        throw error
      }
    })
  }
}

async function runIt(run: Run): Promise<unknown> {
  return run()
}
