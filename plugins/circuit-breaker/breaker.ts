import type { Cancel, Clock, Json, Logger, Outcome, Rng } from '#core'
import { Circuit, type Mover } from './circuit.ts'
import type { CircuitBreaker } from './opossum.ts'
import type { Rotation } from './rotation.ts'
import type { Rules } from './rules.ts'
import { begun, due, opened, type State, shareOf, type Vote, voted, whole } from './state.ts'
import { SlidingWindow } from './window.ts'

/** What all breakers of one use share. */
export interface Surroundings {
  readonly rules: Rules
  readonly clock: Clock
  readonly rng: Rng
  readonly log: Logger
  readonly rotation: Rotation
  readonly created: ((breaker: CircuitBreaker) => void) | null
}

/** Carries out what a breaker decides. */
export type OnMoved = (state: State) => void

/** One breaker: its state, what that is decided by, and the opossum breaker that shows it. */
export class Breaker implements Mover {
  state: State = whole(0, Number.NEGATIVE_INFINITY)
  readonly name: string
  readonly circuit: Circuit
  readonly #with: Surroundings
  readonly #onMoved: OnMoved
  readonly #window: SlidingWindow
  /** Drawn before it is needed, so that deciding takes none. */
  #chance: number
  #cancelTimer: Cancel | undefined = undefined

  constructor(name: string, group: string, surroundings: Surroundings, onMoved: OnMoved) {
    const { rules, rotation, created } = surroundings
    this.name = name
    this.#with = surroundings
    this.#onMoved = onMoved
    this.#window = new SlidingWindow(rules.windowMs)
    this.#chance = surroundings.rng.unit()
    this.circuit = new Circuit(name, group, rules.windowMs, this, rotation)
    created?.(this.circuit)
  }

  now(): number {
    return this.#with.clock.now()
  }

  /** The share of flows that may come in now. */
  get share(): number {
    return shareOf(this.state, this.#with.rules, this.now())
  }

  /** As people read it. Counts are of the window, whose state is the present one's. */
  get status(): Json {
    const { state } = this
    const { clock } = this.#with
    const { kind, reopenings } = state
    if (state.kind === 'open') {
      const until = Math.round(clock.wall() + this.retryInMs)
      return { state: kind, cause: state.cause, until, reopenings }
    }
    if (state.kind === 'half-open') {
      return { state: kind, permits: state.permits, successes: state.successes, reopenings }
    }
    this.#window.advance(this.now())
    const { calls, failures, slow } = this.#window
    return { state: kind, share: this.share, calls, failures, slow }
  }

  /** Ms until another try makes sense. */
  get retryInMs(): number {
    const { state } = this
    return state.kind === 'open' ? Math.max(0, state.until - this.now()) : 0
  }

  /** A call of the present period has been answered, or is over without an answer. */
  vote(vote: Vote, outcome: Outcome, latencyMs: number): void {
    if (vote !== 'ignored') this.circuit.told(outcome, vote === 'failure', latencyMs)
    this.#count(vote, latencyMs)
  }

  /** One that was counted as a success broke off later. */
  revoke(outcome: Outcome, latencyMs: number): void {
    this.circuit.toldLate(outcome, latencyMs)
    this.#window.advance(this.now())
    this.#window.addFailure()
    this.#judge('failure')
  }

  /** A probe begins: one permit less. */
  begin(): void {
    if (this.state.kind === 'half-open') this.state = begun(this.state)
  }

  admit(): number {
    const { state } = this
    if (this.share <= (state.kind === 'closed' ? this.#with.rng.unit() : 0)) return -1
    this.begin()
    return state.period
  }

  settle(period: number, error: unknown, latencyMs: number): void {
    if (period !== this.state.period) return
    const isAborted = error instanceof Error && error.name === 'AbortError'
    this.#count(isAborted ? 'ignored' : error === undefined ? 'success' : 'failure', latencyMs)
  }

  openByHand(): void {
    if (this.state.kind !== 'open') this.#move(this.#opened('opened by hand'))
  }

  closeByHand(): void {
    if (this.state.kind === 'closed') return
    this.#move(whole(this.state.period + 1, this.now()))
  }

  dispose(): void {
    this.#cancelTimer?.()
    this.#with.rotation.forget(this.circuit)
    this.circuit.shutdown()
  }

  #count(vote: Vote, latencyMs: number): void {
    if (this.state.kind === 'closed' && vote !== 'ignored') {
      this.#window.advance(this.now())
      this.#window.add(vote === 'failure', latencyMs >= this.#with.rules.slowMs)
    }
    this.#judge(vote)
  }

  #judge(vote: Vote): void {
    const { rules } = this.#with
    this.#move(voted(this.state, vote, this.#window, rules, this.now(), this.#chance))
  }

  #opened(cause: string): State {
    return opened(this.state, cause, this.#with.rules, this.now(), this.#chance)
  }

  #move(next: State): void {
    const { state } = this
    this.state = next
    if (next.period === state.period) return
    const { clock, rng, rules } = this.#with
    this.#chance = rng.unit()
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    this.#window.clear()
    if (next.kind === 'open') {
      this.#cancelTimer = clock.after(next.until - next.since, () => {
        if (this.state === next) this.#move(due(next, rules, this.now()))
      })
    }
    this.#tell(next)
    this.#onMoved(next)
    this.circuit.become(next.kind, rules.openMs)
  }

  #tell(state: State): void {
    const { log, rules } = this.#with
    const { name } = this
    if (state.kind === 'open') {
      const forMs = Math.round(state.until - state.since)
      log.warn({ breaker: name, cause: state.cause, forMs }, 'a circuit breaker is open')
    } else if (state.kind === 'half-open') {
      log.info({ breaker: name, permits: rules.permits }, 'a circuit breaker is half-open')
    } else log.info({ breaker: name }, 'a circuit breaker is closed')
  }
}
