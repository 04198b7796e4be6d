import { ConfigFile } from '../config/config-file.ts'
import { Gateway } from '../gateway.ts'
import { resolveWhole } from '../standard-plugins.ts'
import { stayAwake } from '../system/awake.ts'
import { systemClock } from '../system/clock.ts'
import { bind, MEMORY } from '../tokens.ts'
import { banner } from './banner.ts'
import { EXIT, failureOf, tell } from './exit.ts'
import type { Stage } from './stage.ts'

// How long a worker waits for endpoints that nobody has found ready yet: a client that comes before the
// first checks would get 503. While another worker serves there is time. And how often it looks.
const UPGRADE_CHECKS_MS = 10_000
const START_CHECKS_MS = 1_000
const LOOK_EVERY_MS = 25

/**
 * Runs the gateway of a config file in this process until its stage ends it; `isWatching` reloads
 * when a file of the config is written, as SIGHUP does at any time.
 */
export async function runWorker(path: string, isWatching: boolean, stage: Stage): Promise<number> {
  // Timers of the gateway's clock keep no process alive; this does, while something is awaited.
  const awake = stayAwake()
  let running: Gateway | undefined
  // From the start: by default the signal would end a process that is still loading.
  process.on('SIGHUP', () => running?.reloads.request())
  try {
    const file = new ConfigFile(path)
    const config = await file.load()
    const memory = bind(MEMORY, await stage.memory())
    const gateway = await Gateway.create(config, [memory], file)
    running = gateway
    if (isWatching) gateway.reloads.watch()
    await open(gateway, config, stage)
    const isReplaced = await ending(gateway, stage)
    const { exchanges, tunnels } = await gateway.close({ isReplaced })
    if (exchanges + tunnels > 0) {
      console.log(`sluice: cut at the deadline: requests ${exchanges}, tunnels ${tunnels}`)
    }
    stage.stopped()
    return EXIT.fine
  } catch (error: unknown) {
    const failure = failureOf(error)
    tell(failure)
    await stage.failed(failure)
    return failure.code
  } finally {
    awake()
  }
}

async function open(gateway: Gateway, config: unknown, stage: Stage): Promise<void> {
  const resolved = await resolveWhole(config)
  await firstChecks(gateway, stage)
  if (stage.ending.isAsked) return
  const addresses = await gateway.listen(stage.sockets).catch(async (error: unknown) => {
    await gateway.close()
    throw error
  })
  stage.ready({ banner: banner(resolved, addresses), patienceMs: gateway.patienceMs })
}

/** Gives whether another process goes on. A plugin may have ended the gateway, which ends it all. */
async function ending(gateway: Gateway, stage: Stage): Promise<boolean> {
  const byItself = gateway.closing.then(() => {
    if (!stage.ending.isAsked) stage.ends()
    return false
  })
  return Promise.race([stage.ending.asked, byItself])
}

/** Waits until each upstream has an endpoint that may be chosen, which health checks decide. */
async function firstChecks(gateway: Gateway, { ending, isUpgrade }: Stage): Promise<void> {
  const until = systemClock.now() + (isUpgrade ? UPGRADE_CHECKS_MS : START_CHECKS_MS)
  while (isBlind(gateway) && !ending.isAsked && systemClock.now() < until) {
    await new Promise<void>((resolve) => systemClock.after(LOOK_EVERY_MS, resolve))
  }
}

function isBlind(gateway: Gateway): boolean {
  const upstreams = Object.values(gateway.status().upstreams)
  return upstreams.some(({ endpoints }) => {
    return endpoints.length > 0 && endpoints.every(({ ready }) => !ready)
  })
}
