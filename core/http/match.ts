import type { Params, RoutedRequest, RouteMatch, Router } from '../contracts/router.ts'
import { matchable } from './path.ts'
import { findIn, insert, type PathNode, pathNode, pathParams } from './path-tree.ts'

/** Which of several matching routes takes a request, in words. */
export const RULE = [
  'host: an exact name before the longest wildcard before any host',
  'path: segment by segment, a literal before a parameter before * before a prefix, exact first',
  'conditions: the more headers, query parameters and cookies a route asks for the better; ' +
    'naming methods counts as one more',
  'order: the first in the config',
] as const

/**
 * The gateway's own router, by RULE: a map of hosts, a tree of path segments for each, conditions
 * at its leaves. A find looks at each label of the host and each segment of the path once; where
 * literals and parameters stand side by side it may have to try both, at most every place of the
 * tree as deep as the path. What conditions cost is said at `Leaves`.
 */
export function createRouter(routes: readonly RouteMatch[]): Router {
  return new TreeRouter(routes)
}

/** A Host header as a name: lower case, no port, no trailing dot. */
export function hostName(host: string): string {
  const colon = host.lastIndexOf(':')
  const name = colon > host.lastIndexOf(']') ? host.slice(0, colon) : host
  return (name.endsWith('.') ? name.slice(0, -1) : name).toLowerCase()
}

class TreeRouter implements Router {
  readonly #routes: readonly RouteMatch[]
  readonly #exact = new Map<string, PathNode>()
  /** By the suffix behind the star, dot included. */
  readonly #wildcards = new Map<string, PathNode>()
  readonly #any = pathNode()

  constructor(routes: readonly RouteMatch[]) {
    this.#routes = routes
    const names = new Map<string, string>()
    for (const [number, route] of routes.entries()) {
      const hosts = route.hosts.length === 0 ? [''] : route.hosts
      for (const host of hosts) insert(this.#treeOf(host), route, number, names)
    }
  }

  find(request: RoutedRequest): number {
    return this.#search(request, undefined)
  }

  allowed(request: RoutedRequest): readonly string[] {
    const methods = new Set<string>()
    this.#search(request, methods)
    return [...methods].sort()
  }

  params(route: number, path: string): Params {
    const match = this.#routes[route]
    return match === undefined ? {} : pathParams(match.path, path)
  }

  #search(request: RoutedRequest, methods: Set<string> | undefined): number {
    const path = matchable(request.path)
    const name = hostName(request.host)
    const exact = this.#exact.get(name)
    let found = exact === undefined ? -1 : findIn(exact, path, request, methods)
    if (this.#wildcards.size > 0) {
      // A name that begins with a dot is none, so not one below another.
      let dot = name.indexOf('.', 1)
      for (; found < 0 && dot >= 0; dot = name.indexOf('.', dot + 1)) {
        const tree = this.#wildcards.get(name.slice(dot))
        if (tree !== undefined) found = findIn(tree, path, request, methods)
      }
    }
    return found < 0 ? findIn(this.#any, path, request, methods) : found
  }

  #treeOf(host: string): PathNode {
    if (host === '') return this.#any
    const [trees, key] = host.startsWith('*.')
      ? [this.#wildcards, host.slice(1)]
      : [this.#exact, host]
    const tree = trees.get(key) ?? pathNode()
    trees.set(key, tree)
    return tree
  }
}
