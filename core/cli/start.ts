import { constants } from 'node:os'
import { loadConfig } from '../config/load.ts'
import { resolveConfig } from '../config/resolve.ts'
import type { GatewayConfig } from '../contracts/config.ts'
import { createGateway } from '../gateway.ts'
import { stayAwake } from '../system/awake.ts'
import { banner } from './banner.ts'
import { EXIT, giveUp } from './exit.ts'

/** Runs a gateway until a signal ends it. */
export async function start(file: string): Promise<number> {
  // Timers of the gateway's clock keep no process alive; this does, while something is awaited.
  const awake = stayAwake()
  const signalled = signal()
  try {
    const config = (await loadConfig(file)) as GatewayConfig
    const gateway = await createGateway(config)
    const addresses = await gateway.listen().catch(async (error: unknown) => {
      await gateway.close()
      throw error
    })
    console.log(banner(resolveConfig(config), addresses))
    await signalled
    console.log('sluice: draining; once more to end at once')
    await gateway.close()
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
