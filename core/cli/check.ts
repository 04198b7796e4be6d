import { loadConfig } from '../config/load.ts'
import { resolveWhole } from '../standard-plugins.ts'
import { EXIT, explain } from './exit.ts'

/** Validates a config and creates nothing from it. */
export async function check(file: string): Promise<number> {
  try {
    const { routes, upstreams } = await resolveWhole(await loadConfig(file))
    console.log(`${file}: fine, ${count(routes, 'route')} to ${count(upstreams, 'upstream')}`)
    return EXIT.fine
  } catch (error: unknown) {
    return explain(error)
  }
}

function count(list: readonly unknown[], noun: string): string {
  return `${list.length} ${noun}${list.length === 1 ? '' : 's'}`
}
