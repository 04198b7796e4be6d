import type { Clock, Endpoint, Hold, Logger, Rng, Upstream } from '#core'
import type { HealthOptions } from './options.ts'
import { type Failing, type Probe, type Report, told, unwell } from './probe.ts'
import type { Rounds, Turn } from './rounds.ts'
import { type Change, Verdicts } from './verdicts.ts'

// New endpoints are asked soon, so that they serve soon, but not all in one moment.
const FIRST_WITHIN_MS = 250
// For so long one that went out is asked as often as the others: most come back within a minute.
const SOON_BACK_MS = 60_000

/** What the checks of one upstream share. */
export interface Ward {
  readonly upstream: Upstream
  readonly options: HealthOptions
  readonly rounds: Rounds
  readonly clock: Clock
  readonly rng: Rng
  readonly log: Logger
  /** How many endpoints pass. */
  well: number
}

/** How an endpoint begins: well, or held for `reason`. */
export interface Beginning {
  readonly isNew: boolean
  readonly reason: 'health' | 'unreachable' | undefined
  readonly cause: string
}

/** Checks one endpoint, again and again, and holds it as long as it is not well. */
export class CheckedEndpoint implements Turn {
  tick = -1
  /** When a request on it succeeded last. */
  answeredAt = Number.NEGATIVE_INFINITY
  readonly #endpoint: Endpoint
  readonly #ward: Ward
  readonly #probe: Probe
  readonly #verdicts: Verdicts
  #hold: Hold | undefined = undefined
  #isUnderway = false
  #isStopped = false
  #beganAt = 0
  #outSince = 0

  constructor(
    endpoint: Endpoint,
    ward: Ward,
    { isNew, reason, cause }: Beginning,
    probeOf: (report: Report) => Probe,
  ) {
    this.#endpoint = endpoint
    this.#ward = ward
    this.#probe = probeOf((failing) => this.#ended(failing))
    const isOut = reason !== undefined
    this.#verdicts = new Verdicts(ward.options.fall, isOut, isNew, reason === 'unreachable')
    this.#outSince = ward.clock.now()
    if (isOut) this.#hold = ward.upstream.hold(endpoint, reason, { cause, isExpected: isNew })
    else ward.well++
    const { interval } = ward.options
    const within = isOut ? Math.min(interval, FIRST_WITHIN_MS) : interval
    ward.rounds.wheel.set(this, ward.rng.unit() * within)
  }

  /** Its time has come: for the next check, or for the end of the one under way. */
  due(): void {
    if (this.#isUnderway) this.#ended(this.#probe.giveUp())
    else if (this.#isSpared()) this.#plan(this.#pause())
    else this.#ward.rounds.ask(this)
  }

  begin(): void {
    const { clock, rounds, options } = this.#ward
    this.#isUnderway = true
    this.#beganAt = clock.now()
    rounds.wheel.set(this, options.timeout)
    try {
      this.#probe.start()
    } catch (error: unknown) {
      this.#ended(unwell(told(error)))
    }
  }

  /** No more checks. What is held stays held. */
  stop(): void {
    if (this.#isStopped) return
    this.#isStopped = true
    if (!this.#verdicts.isOut) this.#ward.well--
    this.#ward.rounds.forget(this)
    if (this.#isUnderway) {
      this.#isUnderway = false
      this.#probe.giveUp()
      this.#ward.rounds.ended()
    }
    this.#probe.close()
  }

  /** No more checks of an endpoint that is gone. */
  leave(): void {
    this.stop()
    this.#hold?.release('it is not checked any more')
    this.#hold = undefined
  }

  #ended(failing: Failing | undefined): void {
    if (!this.#isUnderway) return
    this.#isUnderway = false
    const wasNew = this.#verdicts.isNew
    if (failing === undefined) this.#pass()
    else this.#fail(failing)
    const isSettled = wasNew && failing === undefined
    // From here on the phases of all endpoints are spread over the whole interval.
    const { options, rng } = this.#ward
    this.#plan(isSettled ? rng.unit() * options.interval : this.#pause())
    this.#ward.rounds.ended()
  }

  #pass(): void {
    const { options, well } = this.#ward
    // With nobody well a doubtful one is better than none.
    const change = this.#verdicts.pass(well === 0 ? 1 : options.rise)
    const { passed, isTurning } = this.#verdicts
    if (change === 'in') {
      this.#ward.well++
      this.#hold?.release(passed === 1 ? 'a check passed' : `${passed} checks passed`)
      this.#hold = undefined
    } else if (isTurning && passed === 1) this.#tell('a held endpoint passed a check')
    this.#ward.upstream.vouch(this.#endpoint)
  }

  #fail(failing: Failing): void {
    const change: Change = this.#verdicts.fail(failing)
    const { cause, failed, isTurning } = this.#verdicts
    if (change === 'out') {
      this.#ward.well--
      this.#outSince = this.#ward.clock.now()
    } else if (isTurning && failed === 1) this.#tell('an endpoint failed a check', failing.cause)
    if (change === 'none') return
    // The new hold comes first, so that there is no moment in which the endpoint is ready.
    const before = this.#hold
    const reason = this.#verdicts.isUnreachable ? 'unreachable' : 'health'
    this.#hold = this.#ward.upstream.hold(this.#endpoint, reason, { cause })
    before?.release(`held as ${reason} instead`)
  }

  #plan(delayMs: number): void {
    if (!this.#isStopped) this.#ward.rounds.wheel.set(this, delayMs)
  }

  /** From now to the next check. Intervals run from the beginning of one to that of the next. */
  #pause(): number {
    const { clock, options, rng } = this.#ward
    const varied = this.#interval() * (1 + options.jitter * (2 * rng.unit() - 1))
    return Math.max(0, this.#beganAt + varied - clock.now())
  }

  #interval(): number {
    const { clock, options, well } = this.#ward
    const { interval, fastInterval, downInterval } = options
    if (this.#verdicts.isTurning) return Math.min(fastInterval, interval / 2)
    const isLong = this.#verdicts.isOut && clock.now() - this.#outSince >= SOON_BACK_MS
    return isLong && well > 0 ? Math.max(downInterval, interval) : interval
  }

  /** Whether requests have just shown that the endpoint is well. */
  #isSpared(): boolean {
    const { clock, options } = this.#ward
    const { isOut, isTurning } = this.#verdicts
    if (!options.trustTraffic || isOut || isTurning) return false
    const now = clock.now()
    if (now - this.answeredAt >= options.interval) return false
    this.#beganAt = now
    return true
  }

  #tell(what: string, cause = ''): void {
    const { upstream, log } = this.#ward
    log.debug({ upstream: upstream.name, endpoint: this.#endpoint.id, cause }, what)
  }
}
