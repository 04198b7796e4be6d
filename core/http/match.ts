import type { Params, RouteMatch, Router } from '../contracts/router.ts'
import { matchable } from './path.ts'
import { findIn, insert, type PathNode, pathNode, pathParams } from './path-tree.ts'

/**
 * The gateway's own router: a map of hosts, a tree of path segments for each, conditions at its
 * leaves. The most specific route wins: host (exact, longest wildcard, any), then path (literal
 * before parameter before what lies below, segment by segment), then number of conditions, then
 * order. The cost depends on the depth of the path, not on the number of routes.
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
    for (const [number, route] of routes.entries()) {
      const hosts = route.hosts.length === 0 ? [''] : route.hosts
      for (const host of hosts) insert(this.#treeOf(host), route, number)
    }
  }

  find(method: string, host: string, path: string): number {
    const segments = matchable(path)
    return this.#search(host, (tree) => findIn(tree, segments, method))
  }

  allowed(host: string, path: string): readonly string[] {
    const segments = matchable(path)
    const methods = new Set<string>()
    this.#search(host, (tree) => findIn(tree, segments, undefined, methods))
    return [...methods].sort()
  }

  params(route: number, path: string): Params {
    const match = this.#routes[route]
    return match === undefined ? {} : pathParams(match.path, path)
  }

  #search(host: string, look: (tree: PathNode) => number): number {
    const name = hostName(host)
    const exact = this.#exact.get(name)
    let found = exact === undefined ? -1 : look(exact)
    if (this.#wildcards.size > 0) {
      let dot = name.indexOf('.')
      for (; found < 0 && dot >= 0; dot = name.indexOf('.', dot + 1)) {
        const tree = this.#wildcards.get(name.slice(dot))
        if (tree !== undefined) found = look(tree)
      }
    }
    return found < 0 ? look(this.#any) : found
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
