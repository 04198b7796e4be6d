import { Container } from '../container/container.ts'
import type { Rng } from '../contracts/clock.ts'
import { LiveLifecycle } from '../lifecycle.ts'
import { SeededRng } from '../system/rng.ts'
import { nextTurn } from '../system/turn.ts'
import { CLOCK, LIFECYCLE, LOGGER, REDIS, RNG, TRANSPORT } from '../tokens.ts'
import { constant } from './distributions.ts'
import { ErrorLog } from './error-log.ts'
import { FakeRedis } from './fake-redis.ts'
import { FaultTimeline } from './fault-timeline.ts'
import { REFUSING } from './faults.ts'
import { ModelTransport } from './model-transport.ts'
import { ModelledEndpoint } from './modelled-endpoint.ts'
import type { GatewayPlan, WorldPlan } from './plan.ts'
import { SimulatedGateway } from './simulated-gateway.ts'
import { Subsets } from './subsets.ts'
import { VirtualClock } from './virtual-clock.ts'

// Between two turns of the event loop, so that a long run keeps nobody from being heard: some 100 ms.
const EVENTS_A_TURN = 100_000

const NOBODY = { service: constant(0), servers: 0, queue: 0, stopsForGone: true }

/** Gateways and endpoints on one virtual clock, without anybody who sends. */
export class World {
  readonly clock = new VirtualClock()
  readonly rng: Rng
  readonly log = new ErrorLog()
  /** In the order of the plan. */
  readonly models: readonly ModelledEndpoint[]
  readonly gateways: readonly SimulatedGateway[]
  readonly #plan: WorldPlan
  readonly #byUrl = new Map<string, ModelledEndpoint>()
  readonly #byId = new Map<string, Map<string, ModelledEndpoint>>()
  readonly #nowhere: ModelledEndpoint

  constructor(plan: WorldPlan) {
    this.#plan = plan
    this.rng = new SeededRng(plan.seed)
    this.models = plan.models.map((model, index) => {
      return new ModelledEndpoint(index, model, this.clock, this.rng.fork(`endpoint/${index}`))
    })
    this.#nowhere = this.#nobody()
    let place = 0
    for (const { name, endpoints } of plan.gateway.upstreams) {
      const ids = new Map<string, ModelledEndpoint>()
      this.#byId.set(name, ids)
      for (const { id, url } of endpoints) {
        const model = this.models[place++] as ModelledEndpoint
        ids.set(id, model)
        this.#byUrl.set(url, model)
      }
    }
    this.gateways = this.#plans().map((gateway, number) => {
      return new SimulatedGateway(this.#container(number), gateway, (upstream, id) => {
        return this.#byId.get(upstream)?.get(id) ?? this.#nowhere
      })
    })
  }

  /** Starts the plugins and the timeline of faults. */
  async start(): Promise<void> {
    for (const gateway of this.gateways) await gateway.start()
  }

  /** Puts the faults of the beginning in force, and the later ones on the clock. */
  letFail(): void {
    for (const [index, { faults }] of this.#plan.models.entries()) {
      const model = this.models[index] as ModelledEndpoint
      if (faults.length > 0) new FaultTimeline(model, faults, this.clock).due()
    }
  }

  /** Goes on to a time; `progress` is called now and then. */
  async playTo(endMs: number, progress: () => void = () => {}): Promise<void> {
    while (!this.clock.advanceTo(endMs, EVENTS_A_TURN)) {
      progress()
      await nextTurn()
    }
  }

  async dispose(): Promise<void> {
    for (const gateway of this.gateways) await gateway.dispose()
  }

  /** What each gateway is made of: the same, but for the endpoints where each knows some. */
  #plans(): readonly GatewayPlan[] {
    const { gateway, gateways, subset } = this.#plan
    if (subset === 0) return Array.from({ length: gateways }, () => gateway)
    const subsets = gateway.upstreams.map(({ name, endpoints }) => {
      return new Subsets(endpoints.length, subset, this.rng.fork(`subsets/${name}`))
    })
    return Array.from({ length: gateways }, (_, number) => ({
      ...gateway,
      upstreams: gateway.upstreams.map((upstream, at) => {
        const known = subsets[at]?.of(number) ?? []
        const endpoints = known.flatMap((place) => upstream.endpoints[place] ?? [])
        return { ...upstream, endpoints }
      }),
    }))
  }

  /** What stands behind endpoints that there is no model of. */
  #nobody(): ModelledEndpoint {
    const traits = { ...NOBODY, id: 'nowhere' }
    const model = new ModelledEndpoint(this.models.length, traits, this.clock, this.rng)
    model.suffer([REFUSING])
    return model
  }

  #container(number: number): Container {
    const rng = this.rng.fork(`gateway/${number}`)
    return Container.root()
      .bind(LOGGER, this.log)
      .bind(TRANSPORT, new ModelTransport((url) => this.#byUrl.get(url) ?? this.#nowhere))
      .bind(REDIS, new FakeRedis(this.clock))
      .bindAll(this.#plan.provide)
      .bind(CLOCK, this.clock)
      .bind(RNG, rng)
      .bind(LIFECYCLE, new LiveLifecycle(this.clock, rng.fork('lifecycle')))
  }
}
