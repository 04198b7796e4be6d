import type { Condition, RoutedRequest, RouteMatch } from '../contracts/router.ts'
import { holds, valueIn } from './conditions.ts'

/** A route at the end of its path. */
interface Leaf {
  readonly number: number
  /** Empty for any. */
  readonly methods: ReadonlySet<string>
  /** How many conditions it has; naming methods is one. */
  readonly weight: number
  /** The conditions that its branch has not looked at yet. */
  readonly rest: readonly Condition[]
}

/** What follows one exact value; at the last one, leaves: the most specific first. */
interface Branch {
  readonly byValue: Map<string, Branch>
  readonly leaves: Leaf[]
}

/** Routes that want exact values of the same names. */
interface Group {
  readonly keys: readonly Condition[]
  readonly root: Branch
  /** The most specific leaf in it. */
  first: Leaf
}

/**
 * The routes that end at one place of the path tree. Those that want exact values are found by
 * these values, name after name, so the cost is one look at the request for each set of names in
 * use here, however many values there are. What is left, presence, absence, RegExps and methods, is
 * tried route by route among those whose exact values are the same.
 */
export class Leaves {
  readonly #groups: Group[] = []

  /** Numbers must come in ascending order. */
  add(route: RouteMatch, number: number): void {
    const keys = route.conditions.filter(isExact).sort(byName)
    const leaf = {
      number,
      methods: new Set(route.methods),
      weight: route.conditions.length + Number(route.methods.length > 0),
      rest: route.conditions.filter((condition) => !isExact(condition)),
    }
    const group = this.#groups.find((one) => sameNames(one.keys, keys)) ?? this.#open(keys, leaf)
    let branch = group.root
    for (const { wanted } of keys) branch = next(branch, String(wanted))
    putInOrder(branch.leaves, leaf)
    if (isBefore(leaf, group.first)) group.first = leaf
    this.#groups.sort((a, b) => (isBefore(a.first, b.first) ? -1 : 1))
  }

  /** The number of the most specific route that takes the request, or -1. */
  choose(request: RoutedRequest): number {
    let found: Leaf | undefined
    for (const group of this.#groups) {
      if (found !== undefined && isBefore(found, group.first)) break
      const leaf = firstFit(group, request)
      if (leaf !== undefined && (found === undefined || isBefore(leaf, found))) found = leaf
    }
    return found === undefined ? -1 : found.number
  }

  /** Adds the methods of all routes whose conditions the request fulfils. */
  collect(request: RoutedRequest, methods: Set<string>): void {
    for (const group of this.#groups) {
      for (const leaf of leavesFor(group, request)) {
        if (!restHolds(leaf, request)) continue
        for (const method of leaf.methods) methods.add(method)
      }
    }
  }

  #open(keys: readonly Condition[], first: Leaf): Group {
    const group = { keys, root: { byValue: new Map(), leaves: [] }, first }
    this.#groups.push(group)
    return group
  }
}

const NONE: readonly Leaf[] = []

function firstFit(group: Group, request: RoutedRequest): Leaf | undefined {
  for (const leaf of leavesFor(group, request)) {
    const takesMethod = leaf.methods.size === 0 || leaf.methods.has(request.method)
    if (takesMethod && restHolds(leaf, request)) return leaf
  }
  return undefined
}

function leavesFor({ keys, root }: Group, request: RoutedRequest): readonly Leaf[] {
  let branch = root
  for (const { on, name } of keys) {
    const value = valueIn(on, name, request)
    const found = value === undefined ? undefined : branch.byValue.get(value)
    if (found === undefined) return NONE
    branch = found
  }
  return branch.leaves
}

function restHolds({ rest }: Leaf, request: RoutedRequest): boolean {
  for (const condition of rest) if (!holds(condition, request)) return false
  return true
}

/** More conditions first, then the order of the config. */
function isBefore(a: Leaf, b: Leaf): boolean {
  return a.weight === b.weight ? a.number < b.number : a.weight > b.weight
}

function putInOrder(leaves: Leaf[], leaf: Leaf): void {
  let at = leaves.length
  while (at > 0 && isBefore(leaf, leaves[at - 1] as Leaf)) at--
  leaves.splice(at, 0, leaf)
}

function next(branch: Branch, value: string): Branch {
  const known = branch.byValue.get(value) ?? { byValue: new Map(), leaves: [] }
  branch.byValue.set(value, known)
  return known
}

function isExact({ wanted }: Condition): boolean {
  return typeof wanted === 'string'
}

function byName(a: Condition, b: Condition): number {
  return a.on === b.on ? Number(a.name > b.name) - Number(a.name < b.name) : a.on > b.on ? 1 : -1
}

function sameNames(a: readonly Condition[], b: readonly Condition[]): boolean {
  return (
    a.length === b.length &&
    a.every(({ on, name }, index) => on === b[index]?.on && name === b[index]?.name)
  )
}
