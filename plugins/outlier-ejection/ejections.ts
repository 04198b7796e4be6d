import type { Clock, Endpoint, EndpointChange, Flow, Logger, Outcome, Rng, Upstream } from '#core'
import { Comparison } from './comparison.ts'
import { FAILURES, LOG_LATENCY, REQUESTS, SLOW, TIMED, UNANSWERED } from './counts.ts'
import { ejectionMs } from './judgement.ts'
import type { EjectionOptions } from './options.ts'
import { Silence } from './silence.ts'
import { type Charge, Standing } from './standing.ts'

// Each comparison is a chance to be wrong, so not every failure is one.
const FAILURES_A_LOOK = 4
const TELL_EVERY_MS = 10_000
// So many in a row without an answer, on each that is left, and nobody is there.
const NOBODY_AFTER = 5
// A timer may be so early by the clock that measures.
const EARLY_MS = 10

/** The ejections of one upstream: all that is kept of its endpoints, and the rules. */
export class Ejections {
  readonly #upstream: Upstream
  readonly #options: EjectionOptions
  readonly #clock: Clock
  readonly #rng: Rng
  readonly #log: Logger
  /** By the endpoint's index. */
  readonly #standings: (Standing | undefined)[] = []
  readonly #comparison: Comparison
  readonly #silence: Silence
  #ejected = 0
  #toldAt = Number.NEGATIVE_INFINITY

  constructor(upstream: Upstream, options: EjectionOptions, clock: Clock, rng: Rng, log: Logger) {
    this.#upstream = upstream
    this.#options = options
    this.#clock = clock
    this.#rng = rng
    this.#log = log
    this.#comparison = new Comparison(options, clock)
    this.#silence = this.#silenceOf(options)
    upstream.watch({
      joined: (endpoint) => {
        this.#standings[endpoint.index] = new Standing(endpoint)
      },
      left: (endpoint) => this.#leave(endpoint),
      changed: (endpoint, change) => this.#changed(endpoint, change),
      vouched: (endpoint) => this.#vouched(endpoint),
    })
    upstream.observe((endpoint, latencyMs, outcome, flow) => {
      this.#settled(endpoint, latencyMs, outcome, flow)
    })
    if (options.hang.flows > 0) upstream.observeWaits(this.#silence)
  }

  #settled(endpoint: Endpoint, latencyMs: number, outcome: Outcome, flow: Readonly<Flow>): void {
    if (outcome === 'client-abort' || outcome === 'local') return
    const standing = this.#standings[endpoint.index]
    // What began before an ejection, or in a panic, says nothing new.
    if (standing === undefined || standing.hold !== undefined) return
    const slot = this.#comparison.advance(standing)
    this.#comparison.count(standing, REQUESTS, 1)
    if (latencyMs >= this.#options.hang.after) this.#comparison.count(standing, SLOW, 1)
    if (flow.answeredAt > 0) standing.ranWell(flow.startedAt)
    if (outcome === 'ok') this.#succeeded(standing, latencyMs, slot)
    else this.#failed(standing, outcome, flow)
  }

  #succeeded(standing: Standing, latencyMs: number, slot: number): void {
    if (this.#options.slower === 0) return
    this.#comparison.count(standing, TIMED, 1)
    // Below a millisecond the clock and the event loop are what is measured.
    this.#comparison.count(standing, LOG_LATENCY, Math.log(Math.max(1, latencyMs)))
    if (standing.comparedIn === slot) return
    standing.comparedIn = slot
    const cause = this.#comparison.isSlower(standing)
    if (cause !== undefined) this.#eject(standing, 'latency', cause)
  }

  #failed(standing: Standing, outcome: Outcome, { answeredAt, startedAt }: Readonly<Flow>): void {
    this.#comparison.count(standing, FAILURES, 1)
    if (answeredAt === 0 && outcome !== 'overload') {
      standing.ranBadly(startedAt, outcome === 'connect-failed')
      this.#comparison.count(standing, UNANSWERED, 1)
      if (this.#comparison.isRow(standing)) {
        const what = standing.refused === standing.run ? 'failed connections' : 'failures'
        this.#eject(standing, 'unanswered', `${standing.run} ${what} in a row`)
        return
      }
      if (standing.run % NOBODY_AFTER === 0) this.#reconsider()
    }
    if (standing.counts.sum(FAILURES) % FAILURES_A_LOOK !== 0) return
    const cause = this.#comparison.failsMore(standing)
    if (cause !== undefined) this.#eject(standing, 'rate', cause)
  }

  #eject(standing: Standing, charge: Charge, cause: string): void {
    const now = this.#clock.now()
    if (!this.#maySpare(standing.endpoint)) {
      this.#tell(standing, cause, now)
      return
    }
    const { time, maxTime } = this.#options
    const forMs = ejectionMs(time, maxTime, this.#earlier(standing, now), this.#rng.unit())
    this.#comparison.withdraw(standing)
    standing.charge = charge
    standing.until = now + forMs
    standing.earlier++
    this.#ejected++
    standing.hold = this.#upstream.hold(standing.endpoint, 'ejection', { cause, forMs })
  }

  /** Ejections that still count: one less for each time without any; none beyond the longest. */
  #earlier(standing: Standing, now: number): number {
    const { time, maxTime, forget } = this.#options
    const forgotten = forget > 0 ? Math.floor((now - standing.returnedAt) / forget) : 0
    const most = Math.max(0, Math.ceil(Math.log2(maxTime / Math.max(1, time))))
    standing.earlier = Math.min(most, Math.max(0, standing.earlier - forgotten))
    return standing.earlier
  }

  /** Whether one more may go: a share of all, one at least, and never the last that answers. */
  #maySpare(endpoint: Endpoint): boolean {
    const { endpoints } = this.#upstream
    const most = Math.max(1, Math.floor(this.#options.maxEjected * endpoints.length))
    if (this.#ejected >= most) return false
    return endpoints.some((other) => other !== endpoint && this.#answers(other))
  }

  /** Whether it is ready, and not known to be silent. */
  #answers({ index, holds }: Endpoint): boolean {
    return holds === 0 && (this.#standings[index]?.run ?? 0) < NOBODY_AFTER
  }

  /** Where none of those that are left answers, one that was ejected may be the one that does. */
  #reconsider(): void {
    if (this.#ejected === 0) return
    if (this.#upstream.endpoints.some((endpoint) => this.#answers(endpoint))) return
    for (const standing of this.#standings) {
      if (standing?.hold === undefined || standing.isHanging) continue
      this.#release(standing, 'none of the others answers')
    }
  }

  #changed(endpoint: Endpoint, { event, reason }: EndpointChange): void {
    if (event !== 'released' || reason !== 'ejection') return
    const standing = this.#standings[endpoint.index]
    if (standing?.hold === undefined) return
    if (this.#clock.now() < standing.until - EARLY_MS) return
    this.#end(standing)
    // What it was sent still waits: it would get more only to keep that waiting as well.
    if (standing.isHanging) this.#eject(standing, 'hang', `${standing.unheard} flows still wait`)
    else standing.renew()
  }

  /**
   * A check says that an endpoint can be reached. It says little of one that answers real requests
   * with failures, so that comes back early only the first time.
   */
  #vouched(endpoint: Endpoint): void {
    const standing = this.#standings[endpoint.index]
    if (standing?.hold === undefined) return
    const { charge, earlier } = standing
    if (standing.isHanging) return
    if ((charge === 'rate' || charge === 'latency') && earlier > 1) return
    this.#release(standing, 'a check passed')
  }

  #release(standing: Standing, cause: string): void {
    const { hold } = standing
    this.#end(standing)
    standing.renew()
    hold?.release(cause)
  }

  #end(standing: Standing): void {
    standing.hold = undefined
    standing.returnedAt = this.#clock.now()
    this.#ejected--
  }

  #leave(endpoint: Endpoint): void {
    const standing = this.#standings[endpoint.index]
    if (standing === undefined) return
    this.#comparison.withdraw(standing)
    this.#silence.forget(standing)
    if (standing.hold !== undefined) this.#ejected--
    this.#standings[endpoint.index] = undefined
  }

  #silenceOf({ hang: { flows, after } }: EjectionOptions): Silence {
    return new Silence(this.#clock, {
      flows,
      afterMs: after,
      standingOf: ({ index }) => this.#standings[index],
      needed: (standing, waiting) => this.#comparison.neededToHang(standing, waiting),
      hangs: (standing) => {
        const seconds = ((this.#clock.now() - standing.silentSince) / 1_000).toFixed(1)
        const cause = `no answer to ${standing.unheard} flows for ${seconds} s`
        this.#eject(standing, 'hang', cause)
      },
      answersAgain: (standing) => this.#release(standing, 'it answers again'),
    })
  }

  #tell({ endpoint }: Standing, cause: string, now: number): void {
    if (now - this.#toldAt < TELL_EVERY_MS) return
    this.#toldAt = now
    this.#log.warn(
      { upstream: this.#upstream.name, endpoint: endpoint.id, cause },
      'an endpoint is not ejected: too few would be left',
    )
  }
}
