import type { Clock, Endpoint, EndpointChange, Logger, Outcome, Rng, Upstream } from '#core'
import { Counts, FAILURES, LOG_LATENCY, REQUESTS, SLOW, TIMED, UNANSWERED } from './counts.ts'
import {
  ejectionMs,
  FAILURE_CHANCE,
  failsMore,
  neededInARow,
  type Share,
  SILENCE_CHANCE,
} from './judgement.ts'
import type { EjectionOptions } from './options.ts'
import { Silence } from './silence.ts'
import { type Charge, Standing } from './standing.ts'

const SLOTS = 10
// Each comparison is a chance to be wrong, so not every failure is one.
const FAILURES_A_LOOK = 4
const TELL_EVERY_MS = 10_000
// A timer may be so early by the clock that measures.
const EARLY_MS = 10

/** The ejections of one upstream: all that is kept of its endpoints, and the rules. */
export class Ejections {
  readonly #upstream: Upstream
  readonly #options: EjectionOptions
  readonly #clock: Clock
  readonly #rng: Rng
  readonly #log: Logger
  readonly #slotMs: number
  /** By the endpoint's index. */
  readonly #standings: (Standing | undefined)[] = []
  /** Of the endpoints that are not ejected, all together. */
  readonly #all = new Counts()
  #ejected = 0
  #toldAt = Number.NEGATIVE_INFINITY

  constructor(upstream: Upstream, options: EjectionOptions, clock: Clock, rng: Rng, log: Logger) {
    this.#upstream = upstream
    this.#options = options
    this.#clock = clock
    this.#rng = rng
    this.#log = log
    this.#slotMs = Math.max(1, options.rate.window / SLOTS)
    upstream.watch({
      joined: (endpoint) => {
        this.#standings[endpoint.index] = new Standing(endpoint)
      },
      left: (endpoint) => this.#leave(endpoint),
      changed: (endpoint, change) => this.#changed(endpoint, change),
      vouched: (endpoint) => this.#vouched(endpoint),
    })
    upstream.observe((endpoint, latencyMs, outcome, isAnswered) => {
      this.#settled(endpoint, latencyMs, outcome, isAnswered)
    })
    const { flows, after } = options.hang
    if (flows > 0) upstream.observeWaits(this.#silence(flows, after))
  }

  #settled(endpoint: Endpoint, latencyMs: number, outcome: Outcome, isAnswered: boolean): void {
    if (outcome === 'client-abort' || outcome === 'local') return
    const standing = this.#standings[endpoint.index]
    // What began before an ejection, or in a panic, says nothing new.
    if (standing === undefined || standing.hold !== undefined) return
    const slot = this.#advance(standing)
    this.#count(standing, REQUESTS, 1)
    if (isAnswered && latencyMs >= this.#options.hang.after) this.#count(standing, SLOW, 1)
    if (outcome === 'ok') this.#succeeded(standing, latencyMs, slot)
    else this.#failed(standing, outcome, isAnswered)
  }

  #succeeded(standing: Standing, latencyMs: number, slot: number): void {
    standing.run = 0
    if (this.#options.slower === 0) return
    this.#count(standing, TIMED, 1)
    // Below a millisecond the clock and the event loop are what is measured.
    this.#count(standing, LOG_LATENCY, Math.log(Math.max(1, latencyMs)))
    if (standing.comparedIn === slot) return
    standing.comparedIn = slot
    this.#compareLatency(standing)
  }

  #failed(standing: Standing, outcome: Outcome, isAnswered: boolean): void {
    const { consecutive, rate } = this.#options
    this.#count(standing, FAILURES, 1)
    if (!isAnswered && outcome !== 'overload') {
      standing.run++
      this.#count(standing, UNANSWERED, 1)
      const others = this.#others(standing, UNANSWERED)
      if (consecutive > 0 && standing.run >= neededInARow(consecutive, FAILURE_CHANCE, others)) {
        this.#eject(standing, 'unanswered', `${standing.run} failures in a row`)
        return
      }
    } else standing.run = outcome === 'overload' ? standing.run : 0
    const { counts } = standing
    const own = { failures: counts.sum(FAILURES), requests: counts.sum(REQUESTS) }
    if (own.requests < rate.minRequests || own.failures % FAILURES_A_LOOK !== 0) return
    const others = this.#others(standing, FAILURES)
    if (rate.gap === 1 || others.requests < rate.minRequests) return
    if (!failsMore(own, others, rate.gap)) return
    this.#eject(standing, 'rate', `${percent(own)} of requests fail, ${percent(others)} elsewhere`)
  }

  #compareLatency(standing: Standing): void {
    const { slower, rate } = this.#options
    const { counts } = standing
    const own = counts.sum(TIMED)
    const others = this.#all.sum(TIMED) - own
    if (own < rate.minRequests || others < rate.minRequests) return
    // Geometric means: a few very late answers do not make an endpoint slow.
    const ownMs = Math.exp(counts.sum(LOG_LATENCY) / own)
    const othersMs = Math.exp((this.#all.sum(LOG_LATENCY) - counts.sum(LOG_LATENCY)) / others)
    if (ownMs < slower * othersMs) return
    const cause = `takes ${ownMs.toFixed(0)} ms, ${othersMs.toFixed(0)} ms elsewhere`
    this.#eject(standing, 'latency', cause)
  }

  #eject(standing: Standing, charge: Charge, cause: string): void {
    const now = this.#clock.now()
    if (!this.#maySpare(standing.endpoint)) {
      this.#tell(standing, cause, now)
      return
    }
    const { time, maxTime } = this.#options
    const forMs = ejectionMs(time, maxTime, this.#earlier(standing, now), this.#rng.unit())
    this.#advance(standing)
    this.#all.subtract(standing.counts)
    standing.counts.clear()
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

  /** Whether one more may go: a share of all, one at least, and never the last that is ready. */
  #maySpare(endpoint: Endpoint): boolean {
    const { endpoints } = this.#upstream
    const most = Math.max(1, Math.floor(this.#options.maxEjected * endpoints.length))
    if (this.#ejected >= most) return false
    return endpoints.some((other) => other !== endpoint && other.holds === 0)
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
    this.#advance(standing)
    this.#all.subtract(standing.counts)
    if (standing.hold !== undefined) this.#ejected--
    this.#standings[endpoint.index] = undefined
  }

  #silence(flows: number, afterMs: number): Silence {
    return new Silence(this.#clock, {
      flows,
      afterMs,
      standingOf: ({ index }) => this.#standings[index],
      needed: (standing) => {
        this.#advance(standing)
        return neededInARow(flows, SILENCE_CHANCE, this.#others(standing, SLOW))
      },
      hangs: (standing) => {
        const { unheard } = standing
        this.#eject(standing, 'hang', `no answer to ${unheard} flows for ${afterMs / 1_000} s`)
      },
      answersAgain: (standing) => this.#release(standing, 'it answers again'),
    })
  }

  #count(standing: Standing, field: number, amount: number): void {
    standing.counts.add(field, amount)
    this.#all.add(field, amount)
  }

  #others({ counts }: Standing, field: number): Share {
    return {
      failures: this.#all.sum(field) - counts.sum(field),
      requests: this.#all.sum(REQUESTS) - counts.sum(REQUESTS),
    }
  }

  #advance({ counts }: Standing): number {
    const slot = Math.floor(this.#clock.now() / this.#slotMs)
    this.#all.advance(slot)
    counts.advance(slot)
    return slot
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

function percent({ failures, requests }: Share): string {
  return `${Math.round((100 * failures) / requests)} %`
}
