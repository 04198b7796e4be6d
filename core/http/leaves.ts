import type { Condition, RoutedRequest, RouteMatch } from '../contracts/router.ts'
import { holds, valueIn } from './conditions.ts'

type Conditional = Pick<RouteMatch, 'methods' | 'conditions'>

/** A route at the end of its path. */
interface Leaf {
  readonly number: number
  /** Undefined for any. */
  readonly methods: ReadonlySet<string> | undefined
  /** How many conditions it has; naming methods is one. */
  readonly weight: number
  /** The conditions that its branch has not looked at yet. */
  readonly rest: readonly Condition[] | undefined
  /** The next best in the same branch. */
  next: Leaf | undefined
}

/** What follows one exact value; at the last one, leaves: the most specific first. */
interface Branch {
  byValue: Map<string, Branch> | undefined
  first: Leaf | undefined
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
  /** By their most specific leaf. */
  readonly #groups: Group[] = []
  readonly #byNames = new Map<string, Group>()

  /** Numbers must come in ascending order. */
  add({ conditions, methods }: Conditional, number: number): void {
    const keys = conditions.filter(isExact).sort(byName)
    const rest = conditions.filter((condition) => !isExact(condition))
    const leaf: Leaf = {
      number,
      methods: methods.length === 0 ? undefined : new Set(methods),
      weight: conditions.length + Number(methods.length > 0),
      rest: rest.length === 0 ? undefined : rest,
      next: undefined,
    }
    const names = JSON.stringify(keys.map(({ on, name }) => [on, name]))
    const group = this.#byNames.get(names) ?? this.#open(names, keys, leaf)
    let branch = group.root
    for (const { wanted } of keys) branch = branchFor(branch, String(wanted))
    putInOrder(branch, leaf)
    if (isBefore(leaf, group.first)) {
      group.first = leaf
      this.#raise(group, this.#groups.indexOf(group))
    }
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
      let leaf = leavesFor(group, request)
      for (; leaf !== undefined; leaf = leaf.next) {
        if (leaf.methods === undefined || !restHolds(leaf, request)) continue
        for (const method of leaf.methods) methods.add(method)
      }
    }
  }

  #open(names: string, keys: readonly Condition[], first: Leaf): Group {
    const group: Group = { keys, root: { byValue: undefined, first: undefined }, first }
    this.#byNames.set(names, group)
    this.#raise(group, this.#groups.length)
    return group
  }

  #raise(group: Group, from: number): void {
    let at = from
    for (; at > 0; at--) {
      const before = this.#groups[at - 1] as Group
      if (isBefore(before.first, group.first)) break
      this.#groups[at] = before
    }
    this.#groups[at] = group
  }
}

function firstFit(group: Group, request: RoutedRequest): Leaf | undefined {
  let leaf = leavesFor(group, request)
  for (; leaf !== undefined; leaf = leaf.next) {
    const takesMethod = leaf.methods === undefined || leaf.methods.has(request.method)
    if (takesMethod && restHolds(leaf, request)) return leaf
  }
  return undefined
}

/** The first of the leaves whose exact values the request has. */
function leavesFor({ keys, root }: Group, request: RoutedRequest): Leaf | undefined {
  let branch = root
  for (const { on, name } of keys) {
    const value = valueIn(on, name, request)
    const found = value === undefined ? undefined : branch.byValue?.get(value)
    if (found === undefined) return undefined
    branch = found
  }
  return branch.first
}

function restHolds({ rest }: Leaf, request: RoutedRequest): boolean {
  if (rest === undefined) return true
  for (const condition of rest) if (!holds(condition, request)) return false
  return true
}

/** More conditions first, then the order of the config. */
function isBefore(a: Leaf, b: Leaf): boolean {
  return a.weight === b.weight ? a.number < b.number : a.weight > b.weight
}

function putInOrder(branch: Branch, leaf: Leaf): void {
  let before: Leaf | undefined
  let after = branch.first
  while (after !== undefined && isBefore(after, leaf)) {
    before = after
    after = after.next
  }
  leaf.next = after
  if (before === undefined) branch.first = leaf
  else before.next = leaf
}

function branchFor(branch: Branch, value: string): Branch {
  branch.byValue ??= new Map()
  const known = branch.byValue.get(value) ?? { byValue: undefined, first: undefined }
  branch.byValue.set(value, known)
  return known
}

function isExact({ wanted }: Condition): boolean {
  return typeof wanted === 'string'
}

function byName(a: Condition, b: Condition): number {
  return a.on === b.on ? Number(a.name > b.name) - Number(a.name < b.name) : a.on > b.on ? 1 : -1
}
