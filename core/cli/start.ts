import { constants } from 'node:os'
import { ConfigFile } from '../config/config-file.ts'
import { Gateway } from '../gateway.ts'
import { resolveWhole } from '../standard-plugins.ts'
import { stayAwake } from '../system/awake.ts'
import { banner } from './banner.ts'
import { EXIT, giveUp } from './exit.ts'

/** Runs a gateway until a signal ends it; `isWatching` reloads when a file of the config is written. */
export async function start(path: string, isWatching = false): Promise<number> {
  // Timers of the gateway's clock keep no process alive; this does, while something is awaited.
  const awake = stayAwake()
  const signalled = signal()
  let gateway: Gateway | undefined
  // From the start: by default the signal would end a process that is still loading.
  process.on('SIGHUP', () => gateway?.reloads.request())
  try {
    const file = new ConfigFile(path)
    const config = await file.load()
    const made = await Gateway.create(config, [], file)
    gateway = made
    if (isWatching) made.reloads.watch()
    const addresses = await made.listen().catch(async (error: unknown) => {
      await made.close()
      throw error
    })
    console.log(banner(await resolveWhole(config), addresses))
    await signalled
    console.log('sluice: draining; once more to end at once')
    await made.close()
    console.log('sluice: stopped')
    return EXIT.fine
  } catch (error: unknown) {
    return giveUp(error)
  } finally {
    awake()
  }
}

/** Resolves at the first SIGINT or SIGTERM; the second ends the process. */
function signal(): Promise<void> {
  return new Promise((resolve) => {
    let signals = 0
    const listen = (name: 'SIGINT' | 'SIGTERM'): void => {
      process.on(name, () => {
        signals++
        if (signals === 1) resolve()
        else process.exit(128 + constants.signals[name])
      })
    }
    listen('SIGINT')
    listen('SIGTERM')
  })
}
