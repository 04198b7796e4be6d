import { ConfigError } from './config/config-error.ts'
import { remedy } from './config/suggest.ts'
import { resolveScenarioFile } from './simulate/scenarios/resolve-scenario-file.ts'
import type { ScenarioFile, ScenarioForm } from './simulate/scenarios/scenario-file.ts'
import type { ScenarioReport, VariantReport } from './simulate/scenarios/scenario-report.ts'
import { reportOf } from './simulate/scenarios/variant-report.ts'
import { runVariant } from './simulate/scenarios/variant-run.ts'
import { resolveWhole } from './standard-plugins.ts'

export { ConfigError } from './config/config-error.ts'
export {
  type ArrivalStream,
  type Arrivals,
  bursts,
  type Phase,
  phases,
  poisson,
  steady,
  trace,
} from './simulate/arrivals.ts'
export type { BackoffPolicy, ClientModel, ClientRetry } from './simulate/clients/client-model.ts'
export {
  constant,
  type Distribution,
  exponential,
  lognormal,
  measured,
  normal,
  uniform,
} from './simulate/distributions.ts'
export type { Fault, FaultShare, FaultTime } from './simulate/faults.ts'
export { type Keys, uniformKeys, zipfKeys } from './simulate/keys.ts'
export type { LoggedError } from './simulate/report.ts'
export type { EndpointModel } from './simulate/scenario.ts'
export type { Expectation, Range } from './simulate/scenarios/expectation.ts'
export type { FigureName, Window } from './simulate/scenarios/resolve-expectations.ts'
export {
  defineScenario,
  type ScenarioFields,
  type ScenarioFile,
  type ScenarioForm,
  type ScenarioUpstream,
  type ScenarioVariant,
} from './simulate/scenarios/scenario-file.ts'
export type {
  EndpointCurve,
  ScenarioFigures,
  ScenarioReport,
  SliceReport,
  VariantReport,
  Verdict,
} from './simulate/scenarios/scenario-report.ts'

/** How a scenario is to be run. */
export interface RunOptions {
  /** In place of the scenario's own. */
  readonly seed?: number
  /** Only the variant of this name. */
  readonly only?: string
  /** The quick form, of a scenario that has one. */
  readonly quick?: boolean
  /** Told how far it is: the variant under way, and the share of the whole that is done, 0 to 1. */
  readonly progress?: (variant: string, share: number) => void
}

/**
 * Runs what `defineScenario` gave, variant by variant, in virtual time, and judges what it expects. The
 * same seed gives the same digests.
 *
 * @throws ConfigError with everything that is wrong with the scenario
 * @example
 * import herd from './herd-after-a-failure.ts'
 *
 * const { variants, isAsExpected } = await runScenario(herd, { quick: true })
 * assert.ok(isAsExpected)
 */
export async function runScenario(
  scenario: ScenarioFile | ((form: ScenarioForm) => ScenarioFile),
  { seed, only, quick = false, progress = () => {} }: RunOptions = {},
): Promise<ScenarioReport> {
  const written = typeof scenario === 'function' ? scenario({ quick }) : scenario
  const input = seed === undefined ? written : { ...Object(written), seed }
  const resolved = await resolveScenarioFile(input, (config) => resolveWhole(config))
  const { title, story } = resolved
  const names = resolved.variants.map(({ name }) => name)
  if (only !== undefined && !names.includes(only)) {
    throw new ConfigError([`unknown variant "${only}"; ${remedy(only, names)}`])
  }
  const chosen = resolved.variants.filter(({ name }) => only === undefined || name === only)
  const variants: VariantReport[] = []
  for (const [done, variant] of chosen.entries()) {
    const record = await runVariant(variant, (share) => {
      progress(variant.name, (done + share) / chosen.length)
    })
    variants.push(reportOf(variant, record))
  }
  const isAsExpected = variants.every(({ verdicts }) => verdicts.every(({ holds }) => holds))
  return { title, story, seed: resolved.seed, variants, isAsExpected }
}
