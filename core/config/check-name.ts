import type { Problems } from './problems.ts'
import { remedy } from './suggest.ts'
import { shown } from './validate.ts'

/** A listener goes to an upstream of the config; what is no text is told elsewhere. */
export function checkName(
  place: string,
  name: unknown,
  upstreams: readonly string[],
  problems: Problems,
): void {
  if (typeof name !== 'string' || upstreams.includes(name)) return
  problems.add(place, `unknown upstream ${shown(name)}; ${remedy(name, upstreams)}`)
}
