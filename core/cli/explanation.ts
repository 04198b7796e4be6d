import type { ResolvedChainUse, ResolvedGateway } from '../config/resolved.ts'
import type { Container } from '../container/container.ts'
import type { Json } from '../contracts/json.ts'
import type { Params, Router } from '../contracts/router.ts'
import { ERRORS } from '../errors.ts'
import { RULE } from '../http/match.ts'
import type { Asked } from './asked.ts'
import { type AskedKey, askedKey } from './balancing.ts'
import { type Loser, losersOf } from './verdicts.ts'

/** What the gateway would do with a request: what `sluice explain --json` prints. */
export interface Explanation {
  readonly request: { readonly method: string; readonly host: string; readonly target: string }
  /** The gateway's own plugin that answers it before routes are matched, or null. */
  readonly served: string | null
  /** The route that takes it, or null. */
  readonly route: Winner | null
  /** What the client gets when no route takes it, or null. */
  readonly answer: Answer | null
  /** How one of several matching routes is chosen: the first difference decides. */
  readonly rule: readonly string[]
  readonly others: readonly Loser[]
  /** In the order in which it runs. */
  readonly chain: readonly Link[]
  /** Every upstream that the request may be sent to; none where the route answers by itself. */
  readonly upstreams: readonly Target[]
}

interface Winner {
  readonly place: string
  readonly id: string
  readonly path: string
  readonly params: Params
}

interface Answer {
  readonly status: number
  readonly title: string
  readonly allow: readonly string[]
}

/** One use of a plugin. */
export interface Link {
  readonly level: 'gateway' | 'listener' | 'route' | 'upstream'
  /** A native plugin's hooks run in Fastify's phases, around everything that is not native. */
  readonly kind: 'native' | 'plugin'
  readonly name: string
  /** `routes[0].plugins[1]` in the config. */
  readonly place: string
}

/** An upstream as its strategy sees it. */
export interface Target {
  readonly name: string
  /** Whether it stands in for the route's own, by `fallback`. */
  readonly isFallback: boolean
  readonly balance: string
  /** The selectors around it, outermost first. */
  readonly select: readonly string[]
  /** What the strategy hashes; null where it hashes nothing. */
  readonly key: AskedKey | null
  /** The plugin that finds its endpoints while the gateway runs; null where the config lists them. */
  readonly discovery: string | null
  readonly endpoints: readonly Candidate[]
  /** What plugins of a gateway that was asked know of it, by the plugin's name. */
  readonly statuses: Readonly<Record<string, Json>>
}

interface Candidate {
  readonly id: string
  readonly url: string
  readonly weight: number
  readonly priority: number
  /** Empty for none. */
  readonly zone: string
  /** Flows under way, as the strategy sees them. */
  readonly inflight: number
  /** `not checked` where no gateway was asked; else `ready`, or what holds it. */
  readonly state: string
  /** Its last 20 changes, oldest first, as a gateway that was asked tells them. */
  readonly changes: readonly Change[]
}

interface Change {
  /** In ISO 8601. */
  readonly at: string
  readonly event: string
  readonly reason: string
  readonly cause: string
}

/** Asks the router of a config about a request. Creates and starts nothing else. */
export function explanationOf(
  config: ResolvedGateway,
  router: Router,
  container: Container,
  request: Asked,
): Explanation {
  const { method, head, view } = request
  const number = router.find(view)
  const route = config.routes[number]
  const told = { method, host: head.host, target: head.target }
  const others = losersOf(config.routes, route === undefined ? -1 : number, view)
  const served = servedBy(config.plugins, head.path)
  const common = { request: told, rule: RULE, others, served }
  if (served !== null) return { ...common, route: null, answer: null, chain: [], upstreams: [] }
  if (route === undefined) {
    const allow = router.allowed(view)
    const { status, title } = ERRORS[allow.length === 0 ? 'NO_ROUTE' : 'METHOD_NOT_ALLOWED']
    return { ...common, route: null, answer: { status, title, allow }, chain: [], upstreams: [] }
  }
  const { id, path } = route
  const params = { ...router.params(number, head.path) }
  const goals = [...route.to, ...route.fallbacks]
  const upstreams = config.upstreams.filter(({ name }) => goals.includes(name))
  const chain = [
    ...linksOf('gateway', config.plugins),
    ...linksOf('route', route.plugins),
    ...linksOf('route', [...route.fields.values()]),
    ...upstreams.flatMap(({ plugins }) => linksOf('upstream', plugins)),
  ]
  return {
    ...common,
    route: { place: `routes[${number}]`, id, path, params },
    answer: null,
    // Native plugins come first: their hooks have run when the others' turn comes.
    chain: [...chain.filter(isNative), ...chain.filter((link) => !isNative(link))],
    upstreams: upstreams.map((upstream) => ({
      name: upstream.name,
      isFallback: !route.to.includes(upstream.name),
      balance: upstream.balance.definition.name,
      select: upstream.select.map(({ definition }) => definition.name),
      key: askedKey(upstream, container, request, params),
      discovery: upstream.discover?.definition.name ?? null,
      endpoints: upstream.endpoints.map((one) => {
        return { ...one, inflight: 0, state: 'not checked', changes: [] }
      }),
      statuses: {},
    })),
  }
}

/** The gateway's own plugin that answers a path before routes are matched. */
function servedBy(uses: readonly ResolvedChainUse[], path: string): string | null {
  for (const use of uses) {
    if (use.kind !== 'use') continue
    if (use.definition.paths(use.options as never).includes(path)) return use.place
  }
  return null
}

/** Uses as an explanation shows them. */
export function linksOf(level: Link['level'], uses: readonly ResolvedChainUse[]): Link[] {
  return uses.map((use) => {
    const isUse = use.kind === 'use'
    const name = isUse ? use.definition.name : use.name
    // A use's place ends in its name.
    const place = use.place.slice(0, -name.length - 1)
    return { level, kind: isUse ? 'plugin' : 'native', name, place }
  })
}

function isNative({ kind }: Link): boolean {
  return kind === 'native'
}
