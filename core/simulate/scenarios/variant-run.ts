import { Crowd, type Way } from '../clients/crowd.ts'
import type { LoggedError } from '../report.ts'
import type { SimulatedRoute } from '../simulated-gateway.ts'
import type { Terms } from '../terms.ts'
import { World } from '../world.ts'
import { EndpointStates } from './endpoint-states.ts'
import { Ledger } from './ledger.ts'
import type { PlannedVariant } from './resolved-scenario-file.ts'

// Without a client's patience, this much of a queue is too much.
const SWAMPED_MS = 1_000

/** What the runs of one variant left. */
export interface VariantRecord {
  readonly ledger: Ledger
  /** Of the first run. */
  readonly states: EndpointStates
  /** Servers that worked, on average over time, by endpoint. */
  readonly busy: readonly number[]
  readonly requests: number
  readonly events: number
  readonly errors: readonly LoggedError[]
}

/** Runs a variant, as often as it says. `progress` is told the share that is done. */
export async function runVariant(
  variant: PlannedVariant,
  progress: (share: number) => void = () => {},
): Promise<VariantRecord> {
  const { world: plan, runs, durationMs, warmUpMs, sliceMs, expected } = variant
  const windows = [{ fromMs: warmUpMs, toMs: durationMs }, ...expected.map(({ window }) => window)]
  const distinct = new Map(windows.map((window) => [`${window.fromMs} ${window.toMs}`, window]))
  let ledger: Ledger | undefined
  let states: EndpointStates | undefined
  let busy: readonly number[] = []
  let requests = 0
  let events = 0
  const errors: LoggedError[] = []
  for (let run = 0; run < runs; run++) {
    const world = new World({ ...plan, seed: plan.seed + run })
    const { clock } = world
    if (ledger === undefined) {
      ledger = new Ledger(clock, world.models.length, sliceMs, [...distinct.values()])
    } else ledger.turnTo(clock)
    try {
      await world.start()
      const seen = statesOf(world, variant)
      states ??= seen
      clock.schedule(seen, sliceMs / 2)
      world.letFail()
      let sent = 0
      const number = (): number => {
        ledger?.asked()
        return sent++
      }
      for (const crowd of crowdsOf(world, variant, ledger, number)) crowd.start()
      await world.playTo(durationMs, () => progress((run + clock.now() / durationMs) / runs))
      ledger.finish()
      ledger.digest.add(clock.now(), clock.ran)
      busy = world.models.map((model) => model.busyMs / durationMs)
      requests += sent
      events += clock.ran
      errors.push(...world.log.kept)
    } finally {
      await world.dispose()
    }
  }
  return { ledger, states, busy, requests, events, errors } as VariantRecord
}

function statesOf(world: World, { clients, sliceMs }: PlannedVariant): EndpointStates {
  const patience = clients.map(({ timeoutMs }) => timeoutMs).filter((ms) => ms > 0)
  const swampedMs = Math.min(SWAMPED_MS, ...patience)
  const [first] = world.gateways
  return new EndpointStates(world.clock, first as World['gateways'][number], { sliceMs, swampedMs })
}

function crowdsOf(
  { clock, gateways, rng }: World,
  { clients, routes, durationMs }: PlannedVariant,
  ledger: Ledger,
  number: () => number,
): Crowd[] {
  return clients.map((model, at) => {
    const { method, target, headers, timeoutMs } = model
    const terms: Terms = { clock, witness: ledger, method, target, headers, patienceMs: timeoutMs }
    const ways = gateways.map((gateway): Way => {
      return { gateway, route: gateway.routes[routes[at] as number] as SimulatedRoute }
    })
    const chance = rng.fork(`clients/${at}`)
    return new Crowd(model, terms, ways, ledger, { rng: chance, number, endsAt: durationMs })
  })
}
