import type { ResolvedChainUse, ResolvedGateway } from '../config/resolved.ts'
import { goalsOf } from '../config/tcp-goals.ts'

/** Upstreams whose endpoints get requests however ill they are, each with a remedy. */
export function unwatched({ plugins, routes, tcp, udp, upstreams }: ResolvedGateway): string[] {
  if (plugins.some(watchesHealth)) return []
  const watched = new Set<string>()
  for (const { to, mirrors, fallbacks, plugins: own, fields } of routes) {
    if (![...own, ...fields.values()].some(watchesHealth)) continue
    for (const name of [...to, ...mirrors, ...fallbacks]) watched.add(name)
  }
  for (const listener of tcp) {
    if (!listener.plugins.some(watchesHealth)) continue
    for (const name of goalsOf(listener)) watched.add(name)
  }
  for (const { to, plugins: own } of udp) if (own.some(watchesHealth)) watched.add(to)
  return upstreams
    .filter(({ name, plugins: own }) => !watched.has(name) && !own.some(watchesHealth))
    .map(
      ({ name }) =>
        `upstreams.${name}: nothing notices endpoints that are not well; ` +
        'add a plugin that does, such as healthCheck()',
    )
}

function watchesHealth(use: ResolvedChainUse): boolean {
  return use.kind === 'use' && use.definition.watchesHealth
}
