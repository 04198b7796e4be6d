import { loadConfig } from '../config/load.ts'
import { invalidAt } from '../http/certificates.ts'
import { resolveWhole } from '../standard-plugins.ts'
import { systemClock } from '../system/clock.ts'
import { EXIT, giveUp } from './exit.ts'
import { unwatched } from './unwatched.ts'

/** Validates a config and creates nothing from it. */
export async function check(file: string): Promise<number> {
  try {
    const config = await resolveWhole(await loadConfig(file))
    const { listeners, routes, upstreams } = config
    const now = systemClock.wall()
    const warnings = listeners.flatMap(({ tls }) => (tls === undefined ? [] : invalidAt(tls, now)))
    for (const warning of [...warnings, ...unwatched(config)])
      console.error(`sluice: warning: ${warning}`)
    console.log(`${file}: fine, ${count(routes, 'route')} to ${count(upstreams, 'upstream')}`)
    return EXIT.fine
  } catch (error: unknown) {
    return giveUp(error)
  }
}

function count(list: readonly unknown[], noun: string): string {
  return `${list.length} ${noun}${list.length === 1 ? '' : 's'}`
}
