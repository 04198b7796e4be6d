import type { Use } from './container/use.ts'
import type { Logger } from './contracts/logger.ts'
import type { Plugin } from './contracts/plugin.ts'
import { NO_REPORTS, type Reporter, reportsOf } from './upstream/reports.ts'
import type { LiveUpstream } from './upstream/upstream.ts'
import { UpstreamView } from './upstream/view.ts'

/** The views that plugin uses were given, by use and upstream. */
export type Views = Map<Use, Map<LiveUpstream, UpstreamView>>

/** Shows an upstream to a use that has not seen it yet. A view that the use had before stays. */
export function introduce(
  use: Use<Plugin>,
  upstream: LiveUpstream,
  views: Views,
  before: Views | undefined,
): void {
  const { instance } = use
  if (instance.upstream === undefined && instance.status === undefined) return
  const seen = views.get(use) ?? new Map<LiveUpstream, UpstreamView>()
  views.set(use, seen)
  if (seen.has(upstream)) return
  const known = before?.get(use)?.get(upstream)
  const view = known ?? new UpstreamView(upstream)
  seen.set(upstream, view)
  if (known === undefined) instance.upstream?.(view)
}

/** Has upstreams tell what the uses of a config know of them. */
export function report(upstreams: Iterable<LiveUpstream>, views: Views, log: Logger): void {
  const reporters = new Map<LiveUpstream, Reporter[]>()
  for (const [{ instance, name }, seen] of views) {
    const plugin = instance as Plugin
    if (plugin.status === undefined) continue
    for (const [upstream, view] of seen) {
      const known = reporters.get(upstream) ?? []
      known.push({ name, status: () => plugin.status?.(view) })
      reporters.set(upstream, known)
    }
  }
  for (const upstream of upstreams) {
    const known = reporters.get(upstream)
    upstream.reports =
      known === undefined
        ? NO_REPORTS
        : reportsOf(known, (error, plugin) => {
            log.error({ err: error, upstream: upstream.name, plugin }, 'a plugin’s status threw')
          })
  }
}

/** Lets uses finish, then disposes of them in the order given; what they hold is released. */
export async function disposeAll(uses: readonly Use[], views: Views, log: Logger): Promise<void> {
  for (const use of uses) {
    const plugin = use.instance as Plugin
    try {
      if (use.isPlugin) await plugin.drain?.()
      await plugin.dispose?.()
    } catch (error: unknown) {
      log.error({ err: error, use: use.place }, 'a plugin failed to stop')
    }
  }
  closeViews(uses, views)
}

/** Releases what uses hold, weigh and watch. */
function closeViews(uses: readonly Use[], views: Views): void {
  for (const use of uses) {
    for (const view of views.get(use)?.values() ?? []) view.close()
  }
}

/** Closes the views of one config that the next does not have: dropped uses, upstreams left. */
export function closeLeft(before: Views, after: Views): void {
  for (const [use, views] of before) {
    const kept = after.get(use)
    for (const [upstream, view] of views) if (kept?.get(upstream) !== view) view.close()
  }
}
