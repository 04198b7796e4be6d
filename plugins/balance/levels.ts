import type { Endpoint } from '#core'

/** The endpoints of one priority. */
export interface Level {
  readonly priority: number
  readonly all: readonly Endpoint[]
  /** Those that flows may go to: the ready ones, in a panic those that a panic lets in as well. */
  readonly ready: readonly Endpoint[]
  readonly inPanic: boolean
  /** Its share of the flows, in percent. */
  readonly load: number
}

/** How levels share the flows. */
export interface LevelRules {
  /** A level has all flows while this many times its ready share is 1 or more. */
  readonly overprovisioning: number
  /** The ready share below which a level is in a panic, from 0 to 1. */
  readonly panic: number
}

/**
 * Sorts endpoints into levels by their priority, lowest first, and shares the flows among them:
 * Envoy's rule, in whole percents. A level's health is its ready share times `overprovisioning`, at
 * most 100; each level takes as much as its health allows of what those before it left, scaled up
 * where all of them together come to less than 100. Then levels below the panic threshold let in
 * what is held by `health` or `ejection` alone. Where every level is in a panic, each takes flows by
 * the number of its endpoints.
 */
export function levelsOf(
  ready: readonly Endpoint[],
  all: readonly Endpoint[],
  { overprovisioning, panic }: LevelRules,
): Level[] {
  const levels = byPriority(ready, all)
  const percent = Math.round(overprovisioning * 100)
  const health = levels.map((level) =>
    Math.min(100, Math.floor((percent * level.ready.length) / level.all.length)),
  )
  const isShort = sum(health) < 100
  const settled = levels.map((level) => {
    const inPanic = isShort && level.ready.length < panic * level.all.length
    return inPanic ? { ...level, inPanic, ready: letIn(level) } : { ...level, inPanic }
  })
  const counts = settled.map((level) => level.ready.length)
  const loads = settled.every(({ inPanic }) => inPanic)
    ? shares(counts, sum(counts))
    : shares(health, Math.min(100, sum(health)))
  return settled.map((level, place) => ({ ...level, load: loads[place] as number }))
}

function byPriority(ready: readonly Endpoint[], all: readonly Endpoint[]) {
  const levels = new Map<number, { priority: number; all: Endpoint[]; ready: Endpoint[] }>()
  for (const endpoint of all) {
    const { priority } = endpoint
    const level = levels.get(priority)
    if (level === undefined) levels.set(priority, { priority, all: [endpoint], ready: [] })
    else level.all.push(endpoint)
  }
  for (const endpoint of ready) levels.get(endpoint.priority)?.ready.push(endpoint)
  return [...levels.values()].sort((a, b) => a.priority - b.priority)
}

function letIn(level: { readonly all: readonly Endpoint[]; readonly ready: readonly Endpoint[] }) {
  const ready = new Set(level.ready)
  return level.all.filter((endpoint) => ready.has(endpoint) || endpoint.firmHolds === 0)
}

/** Percents of `total`, 100 at most in the order given; what rounding leaves goes to the first. */
function shares(amounts: readonly number[], total: number): number[] {
  const first = amounts.findIndex((amount) => amount > 0)
  let left = 100
  const loads = amounts.map((amount) => {
    const load = first < 0 ? 0 : Math.min(left, Math.floor((amount * 100) / total))
    left -= load
    return load
  })
  if (first >= 0) loads[first] = (loads[first] as number) + left
  return loads
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
