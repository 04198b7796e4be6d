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
import { explanationOfTcp, toldOfTcp } from './explain-tcp.ts'
import { explanationOf } from './explanation.ts'
import { type AdminPlace, withLiveTargets } from './live-targets.ts'
import { Nonsense } from './nonsense.ts'
import { told } from './told.ts'

/** What stands on the command line of `explain`. */
export interface ExplainLine {
  readonly config: string
  /** A method and a URL. */
  readonly args: readonly string[]
  /** Each `name: value`. */
  readonly headers: readonly string[]
  readonly json: boolean
  /** The admin API of a gateway that runs; empty for none. */
  readonly admin: string
  /** The environment variable that has its token; empty for none. */
  readonly tokenEnv: string
}

/**
 * Prints which route takes a request and why the others do not. Starts nothing.
 *
 * @throws Nonsense when the request makes none
 */
export async function explain(line: ExplainLine): Promise<number> {
  const { config, args, headers, json } = line
  if (args[0]?.startsWith('tcp:')) return explainTcp(line)
  // The request first: it can be judged without running a config.
  const request = asked(args, headers)
  const place = adminPlace(line)
  try {
    const resolved = await resolveWhole(await loadConfig(config))
    const container = offered().bindAll(resolved.provide)
    const router = container.get(ROUTER)(resolved.routes.map((route) => route.match))
    const idle = explanationOf(resolved, router, container, request)
    const explanation = place === undefined ? idle : await withLiveTargets(idle, place)
    console.log(json ? JSON.stringify(explanation, null, 2) : told(explanation))
    return EXIT.fine
  } catch (error: unknown) {
    return giveUp(error)
  }
}

/** The same of a connection. */
async function explainTcp(line: ExplainLine): Promise<number> {
  const [written = '', ...rest] = line.args
  if (rest.length > 0 || line.headers.length > 0) {
    throw new Nonsense('a connection has no method and no headers: tcp://host:port is all')
  }
  const place = adminPlace(line)
  try {
    const idle = explanationOfTcp(await resolveWhole(await loadConfig(line.config)), written)
    const explanation = place === undefined ? idle : await withLiveTargets(idle, place)
    console.log(line.json ? JSON.stringify(explanation, null, 2) : toldOfTcp(explanation))
    return EXIT.fine
  } catch (error: unknown) {
    if (error instanceof Nonsense) throw error
    return giveUp(error)
  }
}

/** @throws Nonsense for what is no URL, and for a variable that is not set */
function adminPlace({ admin, tokenEnv }: ExplainLine): AdminPlace | undefined {
  if (admin === '') {
    if (tokenEnv !== '') throw new Nonsense('--token-env needs --admin URL')
    return undefined
  }
  if (!/^https?:\/\//.test(admin) || !URL.canParse(admin)) {
    throw new Nonsense(`--admin takes a URL such as http://127.0.0.1:9901, got "${admin}"`)
  }
  const token = tokenEnv === '' ? '' : process.env[tokenEnv]
  if (token === undefined) throw new Nonsense(`the environment variable ${tokenEnv} is not set`)
  return { url: admin, token }
}

/** What a strategy is made with; without a network, which it has no use for here. */
export function offered(): Container {
  return Container.root()
    .bind(ROUTER, createRouter)
    .bind(CLOCK, systemClock)
    .bind(RNG, new SeededRng(1))
    .bind(LOGGER, systemLogger())
}
