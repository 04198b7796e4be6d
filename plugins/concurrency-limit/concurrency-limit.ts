import {
  type AnswerHead,
  type Clock,
  contextKey,
  type Exchange,
  type Json,
  type Logger,
  type Outcome,
  type Plugin,
  type Rng,
  type Upstream,
} from '#core'
import { AdaptiveLimit } from './adaptive-limit.ts'
import { EndpointLimits } from './endpoint-limits.ts'
import { Gate, type Verdicts } from './gate.ts'
import { Levels } from './levels.ts'
import type { LimitOptions } from './options.ts'
import { show } from './samples.ts'
import { Shedding } from './shedding.ts'
import { type Place, Waiter } from './waiter.ts'

/** Lets so many exchanges through at once, and has others wait. */
export class ConcurrencyLimit implements Plugin, Verdicts {
  readonly response?: (exchange: Exchange, answer: AnswerHead) => void
  readonly #options: LimitOptions
  readonly #clock: Clock
  readonly #rng: Rng
  readonly #levels: Levels
  readonly #shedding: Shedding
  /**
   * The place that an exchange has or waits for. On the flow: a map of exchanges, which each of them
   * enters and leaves, keeps dead ones from being collected young (measured: a quarter more CPU).
   */
  readonly #known = contextKey<Place | Waiter | undefined>('concurrency-limit')
  readonly #all: Place
  readonly #byRoute = new Map<string, Place>()
  #endpoints: EndpointLimits | undefined = undefined
  #upstream = ''

  constructor(options: LimitOptions, clock: Clock, rng: Rng, log: Logger) {
    this.#options = options.max > 0 ? options : { ...options, max: MOST }
    this.#clock = clock
    this.#rng = rng
    this.#levels = new Levels(options.priorities, options.headersFrom === 'anyone')
    this.#shedding = new Shedding(options.retryAfter, clock, rng, log)
    this.#all = this.#place('')
    if (!options.tunnels) this.response = (exchange, answer) => this.#answered(exchange, answer)
  }

  upstream(upstream: Upstream): void {
    if (this.#options.per !== 'endpoint') return
    const { name } = upstream
    if (this.#upstream !== '' && this.#upstream !== name) {
      const remedy = 'put it into the `plugins` of each upstream'
      throw new Error(
        `concurrency-limit: per: 'endpoint' is for one upstream, not for "${this.#upstream}" and "${name}"; ${remedy}`,
      )
    }
    this.#upstream = name
    const { gate } = this.#all
    this.#endpoints = new EndpointLimits(upstream, this.#options, gate, this.#clock, this.#rng)
  }

  request(exchange: Exchange): Promise<void> | undefined {
    const place = this.#options.per === 'route' ? this.#placeOf(exchange.route.id) : this.#all
    const level = this.#levels.of(exchange)
    if (!place.gate.take(level)) return this.#wait(exchange, place, level)
    exchange.flow.context.set(this.#known, place)
    return undefined
  }

  finished(exchange: Exchange, outcome: Outcome): void {
    const known = exchange.flow.context.get(this.#known)
    if (known === undefined) return
    exchange.flow.context.set(this.#known, undefined)
    if (known instanceof Waiter) {
      known.place.gate.leave(known)
      known.end()
      return
    }
    if (known.adaptive !== undefined) this.#learn(known, exchange, outcome)
    known.gate.release()
  }

  admitted(waiter: Waiter): void {
    waiter.exchange.flow.context.set(this.#known, waiter.place)
    waiter.end()
  }

  shed(waiter: Waiter): void {
    waiter.exchange.flow.context.set(this.#known, undefined)
    try {
      this.#shedding.shed(waiter.exchange)
    } catch {
      // Its own deadline was first, and that is answered already.
    }
    waiter.end()
  }

  status({ name }: Upstream): Json | undefined {
    const shed = this.#shedding.count
    if (this.#options.per === 'route') {
      const routes = [...this.#byRoute].map(([id, place]) => [id, told(place)])
      return { shed, routes: Object.fromEntries(routes) }
    }
    const endpoints = name === this.#upstream ? this.#endpoints?.limits : undefined
    return { shed, ...told(this.#all), ...(endpoints === undefined ? {} : { endpoints }) }
  }

  /** Lets everybody in who waits: a use that is dropped limits nothing. */
  dispose(): void {
    for (const { gate } of [this.#all, ...this.#byRoute.values()]) gate.open()
  }

  #wait(exchange: Exchange, place: Place, level: number): Promise<void> | undefined {
    const { gate } = place
    if (!gate.hasRoom(level)) {
      this.#shedding.shed(exchange)
      return undefined
    }
    const waiter = new Waiter(exchange, place, level, this.#clock.now())
    waiter.cancelDeadline = this.#clock.after(this.#options.queue.wait, () => {
      gate.leave(waiter)
      this.shed(waiter)
    })
    exchange.flow.context.set(this.#known, waiter)
    gate.wait(waiter)
    return waiter.over
  }

  #learn({ gate, adaptive }: Place, { flow }: Exchange, outcome: Outcome): void {
    if (adaptive === undefined || flow.attempt === 0) return
    show(adaptive, flow, outcome, gate.inflight, this.#clock.now())
    gate.resize(adaptive.limit)
  }

  #answered(exchange: Exchange, { status }: AnswerHead): void {
    if (status === 101) this.finished(exchange, 'ok')
  }

  #placeOf(route: string): Place {
    const known = this.#byRoute.get(route)
    if (known !== undefined) return known
    const place = this.#place(route)
    this.#byRoute.set(route, place)
    return place
  }

  #place(label: string): Place {
    const { queue, max, per, gradient } = this.#options
    const gate = new Gate(queue, this.#levels.shares, this.#clock, this)
    const rng = this.#rng.fork(label)
    const draw = (): number => rng.unit()
    const adaptive =
      this.#options.adaptive && per !== 'endpoint'
        ? new AdaptiveLimit({ ...gradient, max }, draw, this.#clock.now())
        : undefined
    gate.resize(adaptive?.limit ?? max)
    return { gate, adaptive }
  }
}

// Where the config gives an adaptive limit no bound.
const MOST = 1_000

function told({ gate, adaptive }: Place): Record<string, Json> {
  const { limit, inflight, waiting } = gate
  if (adaptive === undefined) return { limit, inflight, waiting }
  const { unloadedMs, sampleMs, isMeasuring } = adaptive
  return { limit, inflight, waiting, unloadedMs, sampleMs, isMeasuring }
}
