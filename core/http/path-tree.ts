import type { Params, RoutedRequest, RouteMatch } from '../contracts/router.ts'
import { Leaves } from './leaves.ts'

/** One segment of the paths of one host. What is not there is undefined: a find reads less memory. */
export interface PathNode {
  literals: Map<string, PathNode> | undefined
  param: PathNode | undefined
  /** Routes whose path ends here and that want the whole path. */
  exact: Leaves | undefined
  /** Routes that match this path and everything below it. */
  prefix: Leaves | undefined
  /** Routes that match what lies below this path, not the path itself, the root's excepted. */
  below: Leaves | undefined
}

export function pathNode(): PathNode {
  return {
    literals: undefined,
    param: undefined,
    exact: undefined,
    prefix: undefined,
    below: undefined,
  }
}

export function insert(root: PathNode, route: RouteMatch, number: number): void {
  const segments = segmentsOf(route.path)
  // "/api/" is what lies below "/api", as it is for nginx.
  const last = segments.at(-1)
  const isBelow = last === '*' || (last === '' && !route.exact)
  let node = root
  for (const segment of isBelow ? segments.slice(0, -1) : segments) node = child(node, segment)
  const end = isBelow ? 'below' : route.exact ? 'exact' : 'prefix'
  node[end] ??= new Leaves()
  node[end].add(route, number)
}

/**
 * The number of the most specific route for a request whose matchable path is `path`, or -1. Given
 * `methods`, nothing is found: the methods of every route on the way are added to it.
 */
export function findIn(
  root: PathNode,
  path: string,
  request: RoutedRequest,
  methods: Set<string> | undefined,
): number {
  return walk(root, path, 1, request, methods)
}

/** The parameters of `pattern` in a raw path that it matches. `*` holds what lies below. */
export function pathParams(pattern: string, path: string): Params {
  const params: Record<string, string> = Object.create(null)
  let start = 1
  for (const segment of segmentsOf(pattern)) {
    if (segment === '*') {
      params['*'] = path.slice(start)
      break
    }
    const slash = path.indexOf('/', start)
    const end = slash < 0 ? path.length : slash
    if (segment.startsWith(':')) params[segment.slice(1)] = path.slice(start, end)
    start = end + 1
  }
  return params
}

// `start` is where the next segment begins; beyond the end when there is none.
function walk(
  node: PathNode,
  path: string,
  start: number,
  request: RoutedRequest,
  methods: Set<string> | undefined,
): number {
  if (start > path.length || path === '/') {
    let found = choose(node.exact, request, methods)
    if (found < 0 && path === '/') found = choose(node.below, request, methods)
    return found < 0 ? choose(node.prefix, request, methods) : found
  }
  const slash = path.indexOf('/', start)
  const end = slash < 0 ? path.length : slash
  let found = -1
  if (node.literals !== undefined) {
    const next = node.literals.get(path.slice(start, end))
    if (next !== undefined) found = walk(next, path, end + 1, request, methods)
  }
  if (found < 0 && node.param !== undefined && end > start) {
    found = walk(node.param, path, end + 1, request, methods)
  }
  if (found < 0) found = choose(node.below, request, methods)
  return found < 0 ? choose(node.prefix, request, methods) : found
}

function choose(
  leaves: Leaves | undefined,
  request: RoutedRequest,
  methods: Set<string> | undefined,
): number {
  if (leaves === undefined) return -1
  if (methods === undefined) return leaves.choose(request)
  leaves.collect(request, methods)
  return -1
}

function child(node: PathNode, segment: string): PathNode {
  if (segment.startsWith(':')) {
    node.param ??= pathNode()
    return node.param
  }
  node.literals ??= new Map()
  const known = node.literals.get(segment) ?? pathNode()
  node.literals.set(segment, known)
  return known
}

// "/" has no segments, "/a" one, "/a/" two: the second is empty.
function segmentsOf(path: string): string[] {
  return path === '/' ? [] : path.slice(1).split('/')
}
