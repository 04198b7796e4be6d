import { OpenLoop } from './open-loop.ts'
import type { Outcomes, SimulationReport } from './report.ts'
import type { ResolvedScenario } from './resolve-scenario.ts'
import { Tally } from './tally.ts'
import { World } from './world.ts'

/** One run of a scenario: clients, gateways and endpoints on one virtual clock. */
export class Simulation {
  readonly #scenario: ResolvedScenario
  readonly #world: World

  constructor(scenario: ResolvedScenario) {
    this.#scenario = scenario
    const { seed, gateways, upstream, endpoints, provide } = scenario
    const route = { id: 'simulated', path: '/', to: [upstream.name], mirrors: [], uses: [] }
    const gateway = { plugins: [], upstreams: [upstream], routes: [route] }
    this.#world = new World({ seed, gateways, subset: 0, gateway, models: endpoints, provide })
  }

  /** Runs it to its end, once. */
  async run(): Promise<SimulationReport> {
    try {
      await this.#world.start()
      return await this.#play()
    } finally {
      await this.#world.dispose()
    }
  }

  async #play(): Promise<SimulationReport> {
    const { durationMs, method, patienceMs } = this.#scenario
    const { clock, models, gateways, rng } = this.#world
    const tally = new Tally(clock, models, this.#scenario)
    const terms = { clock, witness: tally, method, target: '/', headers: new Map(), patienceMs }
    const clients = new OpenLoop(terms, gateways, this.#scenario, rng.fork('clients'))
    this.#world.letFail()
    clients.start()
    await this.#world.playTo(durationMs)
    return this.#report(tally, clients.sent)
  }

  #report(tally: Tally, sent: number): SimulationReport {
    const { clock, log } = this.#world
    const outcomes = tally.outcomes()
    const attemptOutcomes = tally.attemptOutcomes()
    const requests = sum(outcomes)
    tally.digest.add(clock.now(), clock.ran)
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
      errors: log.kept,
      digest: String(tally.digest),
      events: clock.ran,
    }
  }
}

function sum(outcomes: Outcomes): number {
  return Object.values(outcomes).reduce((all, count) => all + count, 0)
}
