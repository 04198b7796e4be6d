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
import { OpenLoop } from './open-loop.ts'
import type { Outcomes, SimulationReport } from './report.ts'
import type { ResolvedScenario } from './resolve-scenario.ts'
import { SimulatedGateway } from './simulated-gateway.ts'
import { Tally } from './tally.ts'
import { VirtualClock } from './virtual-clock.ts'

// Between two turns of the event loop, so that a long run keeps nobody from being heard: some 100 ms.
const EVENTS_A_TURN = 100_000

const NOBODY = { service: constant(0), servers: 0, queue: 0, stopsForGone: true }

/** One run of a scenario: clients, gateways and endpoints on one virtual clock. */
export class Simulation {
  readonly #scenario: ResolvedScenario
  readonly #clock = new VirtualClock()
  readonly #log = new ErrorLog()
  readonly #rng: Rng
  readonly #models: readonly ModelledEndpoint[]
  readonly #byUrl: ReadonlyMap<string, ModelledEndpoint>
  readonly #gateways: readonly SimulatedGateway[]

  constructor(scenario: ResolvedScenario) {
    this.#scenario = scenario
    this.#rng = new SeededRng(scenario.seed)
    this.#models = scenario.endpoints.map((endpoint, index) => {
      return new ModelledEndpoint(index, endpoint, this.#clock, this.#rng.fork(`endpoint/${index}`))
    })
    const { endpoints } = scenario.upstream
    this.#byUrl = new Map(
      endpoints.map(({ url }, at) => [url, this.#models[at] as ModelledEndpoint]),
    )
    const nowhere = this.#nowhere()
    this.#gateways = Array.from({ length: scenario.gateways }, (_, number) => {
      return new SimulatedGateway(
        this.#container(number, nowhere),
        scenario.upstream,
        this.#models,
        nowhere,
      )
    })
  }

  /** Runs it to its end, once. */
  async run(): Promise<SimulationReport> {
    try {
      for (const gateway of this.#gateways) await gateway.start()
      return await this.#play()
    } finally {
      for (const gateway of this.#gateways) await gateway.dispose()
    }
  }

  async #play(): Promise<SimulationReport> {
    const { durationMs, method, patienceMs, endpoints } = this.#scenario
    const clock = this.#clock
    const tally = new Tally(clock, this.#models, this.#scenario)
    const terms = { clock, witness: tally, method, patienceMs }
    const clients = new OpenLoop(terms, this.#gateways, this.#scenario, this.#rng.fork('clients'))
    for (const [index, { faults }] of endpoints.entries()) {
      const model = this.#models[index] as ModelledEndpoint
      if (faults.length > 0) new FaultTimeline(model, faults, clock).due()
    }
    clients.start()
    while (!clock.advanceTo(durationMs, EVENTS_A_TURN)) await nextTurn()
    return this.#report(tally, clients.sent)
  }

  /** What stands behind endpoints that the scenario has no model of: nobody. */
  #nowhere(): ModelledEndpoint {
    const traits = { ...NOBODY, id: 'nowhere' }
    const model = new ModelledEndpoint(this.#models.length, traits, this.#clock, this.#rng)
    model.suffer([REFUSING])
    return model
  }

  #container(number: number, nowhere: ModelledEndpoint): Container {
    const rng = this.#rng.fork(`gateway/${number}`)
    return Container.root()
      .bind(LOGGER, this.#log)
      .bind(TRANSPORT, new ModelTransport((url) => this.#byUrl.get(url) ?? nowhere))
      .bind(REDIS, new FakeRedis(this.#clock))
      .bindAll(this.#scenario.provide)
      .bind(CLOCK, this.#clock)
      .bind(RNG, rng)
      .bind(LIFECYCLE, new LiveLifecycle(this.#clock, rng.fork('lifecycle')))
  }

  #report(tally: Tally, sent: number): SimulationReport {
    const outcomes = tally.outcomes()
    const attemptOutcomes = tally.attemptOutcomes()
    const requests = sum(outcomes)
    tally.digest.add(this.#clock.now(), this.#clock.ran)
    return {
      seed: this.#scenario.seed,
      requests,
      success: requests === 0 ? 0 : outcomes.ok / requests,
      outcomes,
      latency: tally.latency,
      attempts: sum(attemptOutcomes),
      attemptOutcomes,
      endpoints: tally.endpoints(),
      slices: tally.slices,
      unfinished: sent - tally.finished,
      errors: this.#log.kept,
      digest: String(tally.digest),
      events: this.#clock.ran,
    }
  }
}

function sum(outcomes: Outcomes): number {
  return Object.values(outcomes).reduce((all, count) => all + count, 0)
}
