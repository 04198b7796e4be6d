import type { ResolvedEndpoint, ResolvedGateway } from '../config/resolved.ts'
import { inSlices } from '../system/slices.ts'
import {
  type Outline,
  outlineOf,
  type Parts,
  type RouteOutline,
  type UpstreamOutline,
} from './outline.ts'

/** What a reload changes: what `sluice plan --json` prints and `gateway.reload()` gives. */
export interface Changes {
  /** By address; one whose `maxHeaderSize` alone changed needs a restart. */
  readonly listeners: Difference
  /** Keys of the whole gateway whose values changed, such as `shutdownTimeout`. */
  readonly settings: readonly string[]
  readonly routes: RouteChanges
  readonly upstreams: UpstreamChanges
  readonly uses: UseChanges
}

export interface Difference {
  readonly added: readonly string[]
  readonly removed: readonly string[]
  readonly changed: readonly string[]
}

/** By a route's `name`, else by what it matches. */
export interface RouteChanges {
  readonly added: readonly { readonly id: string; readonly to: string }[]
  readonly removed: readonly { readonly id: string; readonly to: string }[]
  /** Their requests go elsewhere, or in other shares. */
  readonly retargeted: readonly {
    readonly id: string
    readonly from: string
    readonly to: string
  }[]
  /** What else changed of a route, by the keys in the config; its plugins stand in `uses`. */
  readonly changed: readonly { readonly id: string; readonly keys: readonly string[] }[]
  /** Whether routes that stay stand in another order, which decides between equals. */
  readonly reordered: boolean
}

export interface UpstreamChanges {
  readonly added: readonly string[]
  readonly removed: readonly string[]
  readonly changed: readonly UpstreamChange[]
}

export interface UpstreamChange {
  readonly name: string
  /** Ids of endpoints. */
  readonly joining: readonly string[]
  readonly leaving: readonly string[]
  readonly reweighted: readonly {
    readonly id: string
    readonly from: number
    readonly to: number
  }[]
  /** The same id at another place: the old one drains, the new one begins without a history. */
  readonly replaced: readonly { readonly id: string; readonly keys: readonly string[] }[]
  /** What else changed, by the keys in the config. */
  readonly keys: readonly string[]
}

/** Plugins and strategies; those that are kept go on with their state. Places in the config. */
export interface UseChanges {
  readonly kept: number
  readonly added: readonly string[]
  readonly removed: readonly string[]
  readonly replaced: readonly string[]
}

/** What differs between two configs. Creates nothing. */
export async function changesBetween(
  old: ResolvedGateway,
  next: ResolvedGateway,
): Promise<Changes> {
  const before = await inSlices(outlineOf(old))
  const after = await inSlices(outlineOf(next))
  return {
    listeners: differenceOf(before.listeners, after.listeners),
    settings: changedParts(before.settings, after.settings),
    routes: routeChanges(before.routes, after.routes),
    upstreams: upstreamChanges(before.upstreams, after.upstreams),
    uses: useChanges(before.uses, after.uses),
  }
}

function differenceOf(before: Parts, after: Parts): Difference {
  return {
    added: missingIn(before, after),
    removed: missingIn(after, before),
    changed: changedParts(before, after),
  }
}

function routeChanges(
  before: ReadonlyMap<string, RouteOutline>,
  after: ReadonlyMap<string, RouteOutline>,
): RouteChanges {
  const told = (from: typeof before, to: typeof before) =>
    missingIn(from, to).map((id) => ({ id, to: to.get(id)?.goal ?? '' }))
  const both = commonTo(before, after)
  return {
    added: told(before, after),
    removed: told(after, before),
    retargeted: both
      .filter(([, a, b]) => a.goal !== b.goal)
      .map(([id, a, b]) => ({ id, from: a.goal, to: b.goal })),
    changed: both
      .map(([id, a, b]) => ({ id, keys: changedParts(a.parts, b.parts) }))
      .filter(({ keys }) => keys.length > 0),
    reordered: isReordered(before, after),
  }
}

function isReordered(
  before: ReadonlyMap<string, unknown>,
  after: ReadonlyMap<string, unknown>,
): boolean {
  const stay = [...after.keys()].filter((id) => before.has(id))
  const stayed = [...before.keys()].filter((id) => after.has(id))
  return stay.some((id, at) => id !== stayed[at])
}

function upstreamChanges(
  before: ReadonlyMap<string, UpstreamOutline>,
  after: ReadonlyMap<string, UpstreamOutline>,
): UpstreamChanges {
  const changed = commonTo(before, after).map(([name, a, b]) => upstreamChange(name, a, b))
  return {
    added: missingIn(before, after),
    removed: missingIn(after, before),
    changed: changed.filter(
      ({ name: _name, ...lists }) => !Object.values(lists).every((list) => list.length === 0),
    ),
  }
}

function upstreamChange(
  name: string,
  before: UpstreamOutline,
  after: UpstreamOutline,
): UpstreamChange {
  const keys = changedParts(before.parts, after.parts)
  if (before.isDiscovered || after.isDiscovered) {
    return { name, joining: [], leaving: [], reweighted: [], replaced: [], keys }
  }
  const both = commonTo(before.endpoints, after.endpoints)
  const isElsewhere = before.connection !== after.connection
  return {
    name,
    joining: missingIn(before.endpoints, after.endpoints),
    leaving: missingIn(after.endpoints, before.endpoints),
    reweighted: both
      .filter(([, a, b]) => a.weight !== b.weight)
      .map(([id, a, b]) => ({ id, from: a.weight, to: b.weight })),
    replaced: both
      .map(([id, a, b]) => ({ id, keys: placeKeys(a, b, isElsewhere) }))
      .filter(({ keys }) => keys.length > 0),
    keys,
  }
}

function placeKeys(a: ResolvedEndpoint, b: ResolvedEndpoint, isElsewhere: boolean): string[] {
  const keys = (['url', 'priority', 'zone'] as const).filter((key) => a[key] !== b[key])
  return isElsewhere ? [...keys, 'connection'] : keys
}

function useChanges(before: Outline['uses'], after: Outline['uses']): UseChanges {
  const both = commonTo(before, after)
  const replaced = both.filter(([, a, b]) => a.source !== b.source)
  const places = (from: typeof before, to: typeof before) =>
    missingIn(from, to).map((key) => to.get(key)?.place ?? '')
  return {
    kept: both.length - replaced.length,
    added: places(before, after),
    removed: places(after, before),
    replaced: replaced.map(([, , { place }]) => place),
  }
}

function changedParts(before: Parts, after: Parts): string[] {
  return commonTo(before, after)
    .filter(([, a, b]) => a !== b)
    .map(([key]) => key)
}

/** The keys of `of` that `map` does not have. */
function missingIn(map: ReadonlyMap<string, unknown>, of: ReadonlyMap<string, unknown>): string[] {
  return [...of.keys()].filter((key) => !map.has(key))
}

function commonTo<Value>(
  before: ReadonlyMap<string, Value>,
  after: ReadonlyMap<string, Value>,
): [key: string, before: Value, after: Value][] {
  const both: [string, Value, Value][] = []
  for (const [key, value] of after) {
    const old = before.get(key)
    if (old !== undefined) both.push([key, old, value])
  }
  return both
}
