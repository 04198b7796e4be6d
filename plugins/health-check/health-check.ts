import {
  type Clock,
  ConfigError,
  type Endpoint,
  type EndpointTarget,
  type Logger,
  type Plugin,
  type Rng,
  type Transport,
  type Upstream,
} from '#core'
import { type Beginning, CheckedEndpoint, type Ward } from './checked-endpoint.ts'
import { grpcQuestion } from './grpc-question.ts'
import { httpQuestion } from './http-question.ts'
import type { HealthOptions } from './options.ts'
import { OwnProbe } from './own-probe.ts'
import type { Probe, Report } from './probe.ts'
import { RequestProbe } from './request-probe.ts'
import { Rounds } from './rounds.ts'
import { TcpProbe } from './tcp-probe.ts'

// An endpoint that has been there for longer has served already, under another config.
const NEW_MS = 1_000
// A connection that waits for longer is not worth its file descriptor.
const LONGEST_IDLE_MS = 30_000
// A connection is late a little before the check is, so that the two can be told apart.
const CONNECT_AHEAD_MS = 20

/** What the plugin works with. */
export interface Surroundings {
  readonly clock: Clock
  readonly rng: Rng
  readonly log: Logger
  readonly transport: Transport
}

/** Checks the endpoints of every upstream that it is shown. */
export class HealthCheck implements Plugin {
  readonly #options: HealthOptions
  readonly #with: Surroundings
  readonly #checked = new Map<Endpoint, CheckedEndpoint>()

  constructor(options: HealthOptions, surroundings: Surroundings) {
    this.#options = options
    this.#with = surroundings
  }

  upstream(upstream: Upstream): void {
    const { clock, rng, log } = this.#with
    const rounds = Rounds.on(clock)
    const ward: Ward = { upstream, options: this.#options, rounds, clock, rng, log, well: 0 }
    upstream.watch({
      joined: (endpoint) => this.#join(ward, endpoint),
      left: (endpoint) => this.#leave(endpoint),
    })
    if (!this.#options.trustTraffic) return
    upstream.observe((endpoint, _latencyMs, outcome) => {
      const checked = outcome === 'ok' ? this.#checked.get(endpoint) : undefined
      if (checked !== undefined) checked.answeredAt = clock.now()
    })
  }

  dispose(): void {
    for (const checked of this.#checked.values()) checked.stop()
    this.#checked.clear()
  }

  #join(ward: Ward, endpoint: Endpoint): void {
    if (this.#options.check === null && endpoint.url.startsWith('udp:')) {
      throw new ConfigError([
        `upstreams.${ward.upstream.name}: healthCheck() cannot ask ${endpoint.url} by itself, since ` +
          'datagrams have no answer that all protocols know; give it a function, as `check`, or ' +
          'leave it to the other upstreams',
      ])
    }
    const beginning = this.#beginning(ward.upstream, endpoint)
    const target = this.#target(ward.upstream.target(endpoint))
    const probeOf = (report: Report): Probe => this.#probe(endpoint, target, report)
    this.#checked.set(endpoint, new CheckedEndpoint(endpoint, ward, beginning, probeOf))
  }

  #leave(endpoint: Endpoint): void {
    this.#checked.get(endpoint)?.leave()
    this.#checked.delete(endpoint)
  }

  /** A check with other options takes over from the one before it, hold and all. */
  #beginning(upstream: Upstream, endpoint: Endpoint): Beginning {
    const { holds, changes } = upstream.state(endpoint)
    const joinedAt = changes.findLast(({ event }) => event === 'joined')?.at
    const isNew = joinedAt !== undefined && this.#with.clock.wall() - joinedAt < NEW_MS
    if (isNew) {
      const isKnown = this.#options.initial === 'ready'
      return { isNew, reason: isKnown ? undefined : 'health', cause: 'not checked yet' }
    }
    for (const { reason, cause } of holds) {
      if (reason === 'unreachable' || reason === 'health') return { isNew, reason, cause }
    }
    return { isNew, reason: undefined, cause: '' }
  }

  #probe(endpoint: Endpoint, target: EndpointTarget, report: Report): Probe {
    const { transport } = this.#with
    const { type, check, timeout, service } = this.#options
    if (check !== null) {
      return new OwnProbe(check, endpoint, { timeoutMs: timeout, target, transport }, report)
    }
    if (type === 'tcp') return new TcpProbe(transport, target, this.#options, report)
    if (type === 'grpc') {
      const h2 = { ...target, protocol: 'h2' as const }
      return new RequestProbe(transport, h2, grpcQuestion(service, target), report)
    }
    return new RequestProbe(transport, target, httpQuestion(this.#options, target), report)
  }

  /** As requests get there, but for times: a check is given up as a whole. */
  #target(target: EndpointTarget): EndpointTarget {
    const { port, timeout, interval } = this.#options
    const url = new URL(target.url)
    if (port > 0) url.port = String(port)
    return {
      ...target,
      // Not `origin`: the URL standard knows none of `tcp:`.
      url: `${url.protocol}//${url.host}`,
      connectTimeoutMs: Math.max(1, timeout - CONNECT_AHEAD_MS),
      responseTimeoutMs: 0,
      idleTimeoutMs: 0,
      connections: { maxIdle: interval <= LONGEST_IDLE_MS ? 1 : 0, idleMs: 0 },
    }
  }
}
