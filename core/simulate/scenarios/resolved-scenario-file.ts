import type { ResolvedClients } from '../clients/resolve-clients.ts'
import type { WorldPlan } from '../plan.ts'
import type { ExpectedFigure } from './resolve-expectations.ts'

/** A scenario file after validation: nothing optional, nothing created. */
export interface ResolvedScenarioFile {
  readonly title: string
  readonly story: string
  readonly seed: number
  readonly variants: readonly PlannedVariant[]
}

/** One variant of it. */
export interface PlannedVariant {
  readonly name: string
  readonly note: string
  readonly world: WorldPlan
  readonly clients: readonly ResolvedClients[]
  /** The number of the route that each entry of `clients` takes. */
  readonly routes: readonly number[]
  readonly durationMs: number
  readonly warmUpMs: number
  readonly sliceMs: number
  readonly runs: number
  readonly expected: readonly ExpectedFigure[]
}
