import type { Problems } from '../../config/problems.ts'
import type { ResolvedChainUse, ResolvedGateway, ResolvedUse } from '../../config/resolved.ts'
import type { Plugin } from '../../contracts/plugin.ts'
import { createRouter } from '../../http/match.ts'
import { pathOf } from '../../http/path.ts'
import { RequestView } from '../../http/request-view.ts'
import type { ResolvedClients } from '../clients/resolve-clients.ts'
import type { GatewayPlan } from '../plan.ts'

/** The number of the route that each kind of clients takes, found as the gateway would. */
export function routesFor(
  clients: readonly ResolvedClients[],
  { routes, plugins }: ResolvedGateway,
  problems: Problems,
): number[] {
  refuseNatives('plugins', plugins, problems)
  for (const [at, route] of routes.entries()) {
    refuseNatives(`routes[${at}].plugins`, route.plugins, problems)
  }
  const router = createRouter(routes.map(({ match }) => match))
  return clients.map(({ method, host, target, headers }, at) => {
    const view = new RequestView().show(method, host, pathOf(target), target, [...headers].flat())
    const found = router.find(view)
    const asked = `${method} ${host}${target}`
    if (found < 0)
      problems.add(`clients[${at}]`, `no route takes ${asked}: the answer would be 404`)
    return found
  })
}

/** What each gateway of a simulation is made of. */
export function gatewayPlan({ plugins, upstreams, routes }: ResolvedGateway): GatewayPlan {
  return {
    plugins: plugins.filter(isUse),
    upstreams,
    routes: routes.map(({ id, path, to, mirrors, plugins: own, fields }) => ({
      id,
      path,
      to,
      mirrors,
      uses: [...own.filter(isUse).map((use, at) => [String(at), use] as const), ...fields],
    })),
  }
}

function refuseNatives(
  place: string,
  chain: readonly ResolvedChainUse[],
  problems: Problems,
): void {
  for (const [at, use] of chain.entries()) {
    if (use.kind === 'native') {
      problems.add(`${place}[${at}]`, 'native plugins are not simulated: leave it out')
    }
  }
}

function isUse(use: ResolvedChainUse): use is ResolvedUse<Plugin> {
  return use.kind === 'use'
}
