import { ConfigError } from '../config/config-error.ts'
import { loadConfig } from '../config/load.ts'
import type { ResolvedGateway } from '../config/resolved.ts'
import { type Changes, changesBetween } from '../plan/changes.ts'
import { resolveWhole } from '../standard-plugins.ts'
import { EXIT, giveUp } from './exit.ts'
import { offered } from './explain.ts'
import { type MovedKeys, movedKeys } from './moved-keys.ts'
import { Nonsense } from './nonsense.ts'
import { planText } from './plan-text.ts'

/** What stands on the command line of `plan`. */
export interface PlanLine {
  readonly config: string
  /** The config that is in force. */
  readonly from: string
  readonly json: boolean
}

/** What `sluice plan --json` prints. */
export interface Plan extends Changes {
  readonly keys: readonly MovedKeys[]
  /** Upstreams whose endpoints a plugin finds while the gateway runs: no plan can tell them. */
  readonly discovered: readonly Discovered[]
}

export interface Discovered {
  readonly upstream: string
  /** The plugin's name. */
  readonly by: string
}

/**
 * Prints what a reload of one config would do where another is in force. Starts nothing.
 *
 * @throws Nonsense when there is nothing to compare with
 */
export async function plan({ config, from, json }: PlanLine): Promise<number> {
  if (from === '') {
    throw new Nonsense('plan compares two configs: name the one in force with --from FILE')
  }
  try {
    const before = await resolved(from)
    const after = await resolved(config)
    const changes = await changesBetween(before, after)
    const container = offered().bindAll(after.provide)
    const keys = movedKeys(before.upstreams, after.upstreams, container)
    const told = { ...changes, keys, discovered: discoveredIn(after) }
    console.log(json ? JSON.stringify(told, null, 2) : planText(told))
    return EXIT.fine
  } catch (error: unknown) {
    return giveUp(error)
  }
}

function discoveredIn({ upstreams }: ResolvedGateway): Discovered[] {
  return upstreams.flatMap(({ name, discover }) =>
    discover === undefined ? [] : [{ upstream: name, by: discover.definition.name }],
  )
}

/** A config of which each problem names the file: there are two. */
async function resolved(file: string): Promise<ResolvedGateway> {
  try {
    return await resolveWhole(await loadConfig(file))
  } catch (error: unknown) {
    if (!(error instanceof ConfigError)) throw error
    const named = error.problems.map((problem) =>
      problem.startsWith(`${file}: `) ? problem : `${file}: ${problem}`,
    )
    throw new ConfigError(named, { cause: error })
  }
}
