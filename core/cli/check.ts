import { loadConfig } from '../config/load.ts'
import { resolveConfig } from '../config/resolve.ts'
import { EXIT, giveUp } from './exit.ts'

/** Validates a config and creates nothing from it. */
export async function check(file: string): Promise<number> {
  try {
    const { routes, upstreams } = resolveConfig(await loadConfig(file))
    console.log(`${file}: fine, ${count(routes, 'route')} to ${count(upstreams, 'upstream')}`)
    return EXIT.fine
  } catch (error: unknown) {
    return giveUp(error)
  }
}

function count(list: readonly unknown[], noun: string): string {
  return `${list.length} ${noun}${list.length === 1 ? '' : 's'}`
}
