import type { Params, RouteMatch } from '../contracts/router.ts'

/** One segment of the paths of one host. */
export interface PathNode {
  readonly literals: Map<string, PathNode>
  param: PathNode | undefined
  /** Routes whose path ends here and that want the whole path. */
  readonly exact: Leaf[]
  /** Routes that match this path and everything below it. */
  readonly prefix: Leaf[]
  /** Routes that match what lies below this path, not the path itself, the root's excepted. */
  readonly below: Leaf[]
}

/** A route at the end of its path, with its conditions. */
interface Leaf {
  readonly number: number
  /** Empty for any. */
  readonly methods: ReadonlySet<string>
}

export function pathNode(): PathNode {
  return { literals: new Map(), param: undefined, exact: [], prefix: [], below: [] }
}

export function insert(root: PathNode, route: RouteMatch, number: number): void {
  const segments = segmentsOf(route.path)
  // "/api/" is what lies below "/api", as it is for nginx.
  const last = segments.at(-1)
  const isBelow = last === '*' || (last === '' && !route.exact)
  let node = root
  for (const segment of isBelow ? segments.slice(0, -1) : segments) node = child(node, segment)
  const leaves = isBelow ? node.below : route.exact ? node.exact : node.prefix
  leaves.push({ number, methods: new Set(route.methods) })
  // More conditions first; the sort is stable, so order decides among equals.
  leaves.sort((a, b) => Number(b.methods.size > 0) - Number(a.methods.size > 0))
}

/**
 * The number of the most specific route, or -1. Without a method nothing is found, and the methods
 * of every route on the way are added to `methods`.
 */
export function findIn(
  root: PathNode,
  path: string,
  method: string | undefined,
  methods?: Set<string>,
): number {
  return walk(root, path, 1, method, methods)
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
  method: string | undefined,
  methods: Set<string> | undefined,
): number {
  if (start > path.length || path === '/') {
    let found = choose(node.exact, method, methods)
    if (found < 0 && path === '/') found = choose(node.below, method, methods)
    return found < 0 ? choose(node.prefix, method, methods) : found
  }
  const slash = path.indexOf('/', start)
  const end = slash < 0 ? path.length : slash
  let found = -1
  if (node.literals.size > 0) {
    const next = node.literals.get(path.slice(start, end))
    if (next !== undefined) found = walk(next, path, end + 1, method, methods)
  }
  if (found < 0 && node.param !== undefined && end > start) {
    found = walk(node.param, path, end + 1, method, methods)
  }
  if (found < 0) found = choose(node.below, method, methods)
  return found < 0 ? choose(node.prefix, method, methods) : found
}

function choose(
  leaves: readonly Leaf[],
  method: string | undefined,
  methods: Set<string> | undefined,
): number {
  for (const leaf of leaves) {
    if (method !== undefined && (leaf.methods.size === 0 || leaf.methods.has(method))) {
      return leaf.number
    }
    if (methods !== undefined) for (const name of leaf.methods) methods.add(name)
  }
  return -1
}

function child(node: PathNode, segment: string): PathNode {
  if (segment.startsWith(':')) {
    node.param ??= pathNode()
    return node.param
  }
  const known = node.literals.get(segment) ?? pathNode()
  node.literals.set(segment, known)
  return known
}

// "/" has no segments, "/a" one, "/a/" two: the second is empty.
function segmentsOf(path: string): string[] {
  return path === '/' ? [] : path.slice(1).split('/')
}
