import type { Params, RoutedRequest, RouteMatch } from '../contracts/router.ts'
import { Leaves } from './leaves.ts'

/** NONE, the number of a route that takes all that comes here, or routes with conditions. */
type Ending = number | Leaves

/**
 * One segment of the paths of one host. With 10,000 routes a find waits for memory above all, so
 * what is common is in the node itself: a single literal below it, a single route without conditions.
 */
export interface PathNode {
  /** The only literal below this node, while there is but one. */
  name: string
  next: PathNode | undefined
  /** The literals below this node, once there are several. */
  literals: Map<string, PathNode> | undefined
  param: PathNode | undefined
  /** Routes whose path ends here and that want the whole path. */
  exact: Ending
  /** Routes that match this path and everything below it. */
  prefix: Ending
  /** Routes that match what lies below this path, not the path itself, the root's excepted. */
  below: Ending
}

const NONE = -1

export function pathNode(): PathNode {
  return {
    name: '',
    next: undefined,
    literals: undefined,
    param: undefined,
    exact: NONE,
    prefix: NONE,
    below: NONE,
  }
}

/** Puts a route into the tree of a host; `names` holds each segment once, for all trees. */
export function insert(
  root: PathNode,
  route: RouteMatch,
  number: number,
  names: Map<string, string>,
): void {
  const segments = segmentsOf(route.path)
  // "/api/" is what lies below "/api", as it is for nginx.
  const last = segments.at(-1)
  const isBelow = last === '*' || (last === '' && !route.exact)
  let node = root
  for (const segment of isBelow ? segments.slice(0, -1) : segments) {
    if (!names.has(segment)) names.set(segment, segment)
    node = child(node, names.get(segment) ?? segment)
  }
  const end = isBelow ? 'below' : route.exact ? 'exact' : 'prefix'
  node[end] = ending(node[end], route, number)
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
  if (node.next !== undefined) {
    const { name } = node
    if (end - start === name.length && path.startsWith(name, start)) {
      found = walk(node.next, path, end + 1, request, methods)
    }
  } else if (node.literals !== undefined) {
    const next = node.literals.get(path.slice(start, end))
    if (next !== undefined) found = walk(next, path, end + 1, request, methods)
  }
  if (found < 0 && node.param !== undefined && end > start) {
    found = walk(node.param, path, end + 1, request, methods)
  }
  if (found < 0) found = choose(node.below, request, methods)
  return found < 0 ? choose(node.prefix, request, methods) : found
}

function choose(end: Ending, request: RoutedRequest, methods: Set<string> | undefined): number {
  if (typeof end === 'number') return methods === undefined ? end : NONE
  if (methods === undefined) return end.choose(request)
  end.collect(request, methods)
  return NONE
}

function ending(end: Ending, route: RouteMatch, number: number): Ending {
  const isPlain = route.methods.length === 0 && route.conditions.length === 0
  if (end === NONE && isPlain) return number
  const leaves = typeof end === 'number' ? new Leaves() : end
  if (typeof end === 'number' && end !== NONE) leaves.add({ methods: [], conditions: [] }, end)
  leaves.add(route, number)
  return leaves
}

function child(node: PathNode, segment: string): PathNode {
  if (segment.startsWith(':')) {
    node.param ??= pathNode()
    return node.param
  }
  if (node.next !== undefined) {
    if (node.name === segment) return node.next
    node.literals = new Map([[node.name, node.next]])
    node.next = undefined
  }
  const known = node.literals?.get(segment) ?? pathNode()
  if (node.literals === undefined) {
    node.name = segment
    node.next = known
  } else node.literals.set(segment, known)
  return known
}

// "/" has no segments, "/a" one, "/a/" two: the second is empty.
function segmentsOf(path: string): string[] {
  return path === '/' ? [] : path.slice(1).split('/')
}
