import { hashedParams } from './key-source.ts'
import type { Problems } from './problems.ts'
import type { ResolvedRoute, ResolvedUpstream } from './resolved.ts'
import { remedy } from './suggest.ts'

/**
 * A strategy that hashes a path parameter which no route to its upstream has would hash nothing for
 * ever. One such route is enough; upstreams that only plugins lead to are not judged.
 */
export function refuseMissingParams(
  upstreams: readonly ResolvedUpstream[],
  routes: readonly ResolvedRoute[],
  problems: Problems,
): void {
  for (const { name, balance } of upstreams) {
    const hashed = hashedParams(balance.definition.options, balance.options)
    if (hashed.length === 0) continue
    const leading = routes.filter(({ to }) => to.includes(name))
    const params = [...new Set(leading.flatMap(({ path }) => paramsOf(path)))]
    for (const [option, param] of leading.length === 0 ? [] : hashed) {
      if (params.includes(param)) continue
      const said = `/${option} names the path parameter "${param}", which no route to it has`
      const help = params.length === 0 ? '' : `; ${remedy(param, params)}`
      problems.add(balance.place, said + help)
    }
  }
}

function paramsOf(path: string): string[] {
  return path.split('/').flatMap((segment) => {
    if (segment === '*') return ['*']
    return segment.startsWith(':') ? [segment.slice(1)] : []
  })
}
