import { type SimulationReport, simulate } from 'sluice/testing'
import { balls } from './balls.ts'
import { blackHole, slowBackend, slowBackendCut } from './faulty.ts'
import type { Run, Study } from './study.ts'
import { supermarket } from './supermarket.ts'
import { coldJoiner, heterogeneous } from './unequal.ts'

/** Everything that is measured, in the order in which it is shown. */
export const STUDIES: readonly Study[] = [
  supermarket,
  balls,
  heterogeneous,
  slowBackend,
  slowBackendCut,
  blackHole,
  coldJoiner,
]

/** Runs a scenario for a share of its length; an eighth of that is warm-up unless it says otherwise. */
export function measured({ scenario }: Run, share = 1): Promise<SimulationReport> {
  const duration = Math.ceil(scenario.duration * share)
  const warmUp = scenario.slice === undefined ? Math.floor(duration / 8) : 0
  return simulate({ seed: 1, warmUp, ...scenario, duration })
}
