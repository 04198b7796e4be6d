import type { ResolvedTcp } from './resolved.ts'

/** Every upstream that the connections of a listener may go to, in the config's order. */
export function goalsOf({ to, routes }: ResolvedTcp): string[] {
  const names = routes.map((route) => route.to)
  return [...new Set(to === '' ? names : [...names, to])]
}
