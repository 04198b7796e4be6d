import { loadConfig } from '../config/load.ts'
import { Container } from '../container/container.ts'
import { createRouter } from '../http/match.ts'
import { resolveWhole } from '../standard-plugins.ts'
import { systemClock } from '../system/clock.ts'
import { systemLogger } from '../system/logger.ts'
import { SeededRng } from '../system/rng.ts'
import { CLOCK, LOGGER, RNG, ROUTER } from '../tokens.ts'
import { asked } from './asked.ts'
import { EXIT, giveUp } from './exit.ts'
import { explanationOf } from './explanation.ts'
import { told } from './told.ts'

/** What stands on the command line of `explain`. */
export interface ExplainLine {
  readonly config: string
  /** A method and a URL. */
  readonly args: readonly string[]
  /** Each `name: value`. */
  readonly headers: readonly string[]
  readonly json: boolean
}

/**
 * Prints which route takes a request and why the others do not. Starts nothing.
 *
 * @throws Nonsense when the request makes none
 */
export async function explain({ config, args, headers, json }: ExplainLine): Promise<number> {
  // The request first: it can be judged without running a config.
  const request = asked(args, headers)
  try {
    const resolved = await resolveWhole(await loadConfig(config))
    const container = offered().bindAll(resolved.provide)
    const router = container.get(ROUTER)(resolved.routes.map((route) => route.match))
    const explanation = explanationOf(resolved, router, container, request)
    console.log(json ? JSON.stringify(explanation, null, 2) : told(explanation))
    return EXIT.fine
  } catch (error: unknown) {
    return giveUp(error)
  }
}

/** What a strategy is made with; without a network, which it has no use for here. */
export function offered(): Container {
  return Container.root()
    .bind(ROUTER, createRouter)
    .bind(CLOCK, systemClock)
    .bind(RNG, new SeededRng(1))
    .bind(LOGGER, systemLogger())
}
