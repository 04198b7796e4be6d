import { loadConfig } from '../config/load.ts'
import { resolveConfig } from '../config/resolve.ts'
import { invalidAt } from '../http/certificates.ts'
import { systemClock } from '../system/clock.ts'
import { EXIT, giveUp } from './exit.ts'

/** Validates a config and creates nothing from it. */
export async function check(file: string): Promise<number> {
  try {
    const { listeners, routes, upstreams } = resolveConfig(await loadConfig(file))
    const now = systemClock.wall()
    const warnings = listeners.flatMap(({ tls }) => (tls === undefined ? [] : invalidAt(tls, now)))
    for (const warning of warnings) console.error(`sluice: warning: ${warning}`)
    console.log(`${file}: fine, ${count(routes, 'route')} to ${count(upstreams, 'upstream')}`)
    return EXIT.fine
  } catch (error: unknown) {
    return giveUp(error)
  }
}

function count(list: readonly unknown[], noun: string): string {
  return `${list.length} ${noun}${list.length === 1 ? '' : 's'}`
}
