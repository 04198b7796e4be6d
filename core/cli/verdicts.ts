import type { ResolvedRoute } from '../config/resolved.ts'
import type { RoutedRequest, RouteMatch } from '../contracts/router.ts'
import { conditionText, holds, valueIn } from '../http/conditions.ts'
import { createRouter } from '../http/match.ts'

/** A route that does not take a request, and why. */
export interface Loser {
  /** `routes[2]` in the config. */
  readonly place: string
  readonly id: string
  /** Each thing that does not fit; or what the winner is more specific by. */
  readonly why: readonly string[]
}

const ANY: RouteMatch = { hosts: [], path: '/', exact: false, methods: [], conditions: [] }

/**
 * The other routes that share host or path with a request, nearest first. Every question is put to
 * the router itself, with routes that differ in one thing, so that it cannot say another thing.
 */
export function losersOf(
  routes: readonly ResolvedRoute[],
  winner: number,
  request: RoutedRequest,
): Loser[] {
  const losers: Loser[] = []
  for (const [number, { id, match }] of routes.entries()) {
    if (number === winner) continue
    const { hosts, path, exact } = match
    const fitsHost = fits({ hosts }, request)
    const fitsPath = fits({ path, exact }, request)
    if (!fitsHost && !fitsPath) continue
    const why = [
      ...(fitsHost ? [] : [`host: it asks for ${hosts.join(', ')}`]),
      ...(fitsPath ? [] : [`path: it asks for ${path}${exact ? ' exactly' : ''}`]),
      ...unfit(match, request),
    ]
    const verdict = why.length > 0 ? why : [decision(routes, winner, number, request)]
    losers.push({ place: `routes[${number}]`, id, why: verdict })
  }
  return losers.sort((a, b) => a.why.length - b.why.length)
}

function isBetterReversed(won: RouteMatch, lost: RouteMatch, request: RoutedRequest): boolean {
  return createRouter([won, lost]).find(request) === 1
}

function fits(part: Partial<RouteMatch>, request: RoutedRequest): boolean {
  return createRouter([{ ...ANY, ...part }]).find(request) === 0
}

function unfit({ methods, conditions }: RouteMatch, request: RoutedRequest): string[] {
  const method = fits({ methods }, request) ? [] : [`method: it asks for ${methods.join(', ')}`]
  const failed = conditions.filter((condition) => !holds(condition, request))
  return [
    ...method,
    ...failed.map((condition) => {
      const value = valueIn(condition.on, condition.name, request)
      const got = value === undefined ? 'nothing' : JSON.stringify(value)
      return `condition: it asks for ${conditionText(condition)}, got ${got}`
    }),
  ]
}

/** Which part of the rule is the first to tell two routes apart that both match. */
function decision(
  routes: readonly ResolvedRoute[],
  winner: number,
  loser: number,
  request: RoutedRequest,
): string {
  const won = routes[winner]?.match ?? ANY
  const lost = routes[loser]?.match ?? ANY
  const isBetter = (strip: (match: RouteMatch) => RouteMatch): boolean => {
    const pair = [strip(won), strip(lost)] as const
    const found = [pair, pair.toReversed()].map((both) => createRouter(both).find(request))
    return found[0] === 0 && found[1] === 1
  }
  if (isBetter(({ hosts }) => ({ ...ANY, hosts }))) return 'host: less specific'
  if (isBetter(({ hosts, path, exact }) => ({ ...ANY, hosts, path, exact }))) {
    return 'path: less specific'
  }
  if (isBetter((match) => match)) return 'conditions: fewer'
  const isLater = winner >= 0 && loser > winner && !isBetterReversed(won, lost, request)
  return isLater ? 'order: later in the config' : 'the config’s own ROUTER decided otherwise'
}
