import type { Changes } from './changes.ts'

/** What changes, on one line, for the log and for the end of a plan. */
export function sentence({ listeners, settings, routes, upstreams, uses }: Changes): string {
  const parts = [
    counted('listeners', {
      added: listeners.added.length,
      removed: listeners.removed.length,
      changed: listeners.changed.length,
    }),
    settings.length === 0 ? '' : `settings: ${settings.join(', ')}`,
    counted('routes', {
      added: routes.added.length,
      removed: routes.removed.length,
      retargeted: routes.retargeted.length,
      changed: routes.changed.length,
    }),
    routes.reordered ? 'routes in another order' : '',
    counted('upstreams', {
      added: upstreams.added.length,
      removed: upstreams.removed.length,
      changed: upstreams.changed.filter(({ keys }) => keys.length > 0).length,
    }),
    counted('endpoints', {
      joining: sum(upstreams.changed, 'joining'),
      leaving: sum(upstreams.changed, 'leaving'),
      reweighted: sum(upstreams.changed, 'reweighted'),
      replaced: sum(upstreams.changed, 'replaced'),
    }),
  ].filter((part) => part !== '')
  const used = counted('plugins and strategies', {
    kept: uses.kept,
    added: uses.added.length,
    removed: uses.removed.length,
    replaced: uses.replaced.length,
  })
  const isSame = parts.length + uses.added.length + uses.removed.length + uses.replaced.length === 0
  return [...(isSame ? ['nothing changes'] : parts), ...(used === '' ? [] : [used])].join('; ')
}

function counted(what: string, counts: Readonly<Record<string, number>>): string {
  const told = Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([verb, count]) => `${count} ${verb}`)
  return told.length === 0 ? '' : `${what}: ${told.join(', ')}`
}

function sum(
  changed: Changes['upstreams']['changed'],
  key: 'joining' | 'leaving' | 'reweighted' | 'replaced',
): number {
  return changed.reduce((total, upstream) => total + upstream[key].length, 0)
}
