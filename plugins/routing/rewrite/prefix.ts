import type { PrefixChange } from '#core'

/** What clients see and what the endpoint sees, for a route's path and the prefix in its place. */
export function prefixChange(route: string, prefix: string): PrefixChange {
  return { from: literalPrefix(route), to: prefix === '/' ? '' : prefix }
}

/** How many segments of a raw path the literal beginning of a route's path takes up. */
export function segmentsOf(literal: string): number {
  return literal === '' ? 0 : literal.split('/').length - 1
}

/**
 * The path with its first segments replaced, every other byte as it was. Slashes that would come to
 * stand at its beginning are one: to some readers two begin the name of a host.
 */
export function withPrefix(path: string, segments: number, prefix: string): string {
  let rest = 0
  for (let left = segments; left > 0 && rest < path.length; left--) {
    const slash = path.indexOf('/', rest + 1)
    rest = slash < 0 ? path.length : slash
  }
  if (prefix !== '') return prefix + path.slice(rest)
  while (path[rest + 1] === '/') rest++
  return rest === path.length ? '/' : path.slice(rest)
}

/** The literal beginning of a route's path: `/users` of `/users/:id/*`, empty for `/`. */
function literalPrefix(route: string): string {
  const segments = route.split('/')
  // An empty one at the end means "what lies below", as a star does.
  if (segments.at(-1) === '') segments.pop()
  const first = segments.findIndex((segment) => segment === '*' || segment.startsWith(':'))
  return segments.slice(0, first < 0 ? undefined : first).join('/')
}
