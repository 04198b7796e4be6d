import { ConfigError } from './config/config-error.ts'
import type { ResolvedGateway } from './config/resolved.ts'
import type { Use } from './container/use.ts'
import type { StopPlan } from './contracts/lifecycle.ts'
import type { Plugin } from './contracts/plugin.ts'

// Where no plugin says: at most four fifths of the time, which is 24 s of the usual 30.
const NO_PLAN = { graceMs: 0, spreadMs: Number.POSITIVE_INFINITY, lingerMs: 0 }

/**
 * How a gateway of this config stops: as the last of its own plugins with a plan says, else within
 * `shutdownTimeout`.
 *
 * @throws ConfigError when both say
 */
export function stopPlanOf(config: ResolvedGateway, gateway: readonly Use<Plugin>[]): StopPlan {
  const planner = gateway.findLast(({ instance }) => instance.stop !== undefined)
  const plan = planner?.instance.stop
  if (plan === undefined) return { ...NO_PLAN, deadlineMs: config.shutdownTimeoutMs }
  if (!config.saysShutdownTimeout) return plan
  throw new ConfigError([
    `shutdownTimeout: ${planner?.place} says how long a stop waits; leave shutdownTimeout out`,
  ])
}

/** @throws ConfigError for a use with a facet that only uses of the whole gateway have */
export function refuseInnerStop(uses: readonly Use<Plugin>[]): void {
  for (const { instance, place } of uses) {
    if (
      instance.stop === undefined &&
      instance.serves === undefined &&
      instance.listens === undefined
    )
      continue
    throw new ConfigError([`${place}: must stand in the gateway's own plugins`])
  }
}
