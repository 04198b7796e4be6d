import type { Endpoint } from '../contracts/endpoint.ts'
import type { Flow, Outcome } from '../contracts/flow.ts'
import type { KeySource } from '../contracts/key-source.ts'
import type { Group, Selector } from '../contracts/selector.ts'
import type { Strategy } from '../contracts/strategy.ts'

/** What an upstream chooses with: a strategy, or a selector around strategies. */
export interface Balancer extends Omit<Strategy, 'update'> {
  /** `all` are the ready endpoints and the held ones, which a strategy knows nothing of. */
  update(ready: readonly Endpoint[], all: readonly Endpoint[]): void
  /** Whether flows may go to a held endpoint all the same, by the last update. */
  letsIn?(endpoint: Endpoint): boolean
  /** The ready endpoints of the last update by groups, those to be used first in front. */
  readonly tiers?: readonly (readonly Endpoint[])[]
}

/** A selector, and an instance of what it stands around for each of its groups. */
export class Selection implements Balancer {
  readonly key?: KeySource
  tiers: readonly (readonly Endpoint[])[] = []
  readonly #name: string
  readonly #selector: Selector
  readonly #make: () => Balancer
  /** By name of the group. */
  readonly #inners = new Map<string, Balancer>()
  /** By index of the endpoint: whom its flows are counted by. */
  readonly #innerOf: Balancer[] = []
  /** By place in the selector's last answer. */
  #placed: Balancer[] = []
  #admitted = new Set<Endpoint>()
  /** Made before there is a group, since its key and its mistakes must be known at boot. */
  #spare: Balancer | undefined

  /** `name` is the upstream's; `make` gives a new instance of what the selector stands around. */
  constructor(name: string, selector: Selector, make: () => Balancer) {
    this.#name = name
    this.#selector = selector
    this.#make = make
    this.#spare = make()
    if (this.#spare.key !== undefined) this.key = this.#spare.key
  }

  update(ready: readonly Endpoint[], all: readonly Endpoint[]): void {
    const groups = this.#selector.update({ name: this.#name, ready, all })
    this.#placed = groups.map((group) => this.#inner(group.name))
    this.#admitted = new Set(groups.flatMap(heldAmongReady))
    const left = new Set(this.#inners.keys())
    for (const [place, group] of groups.entries()) {
      left.delete(group.name)
      const inner = this.#placed[place] as Balancer
      for (const endpoint of group.all) this.#innerOf[endpoint.index] = inner
      inner.update(group.ready, group.all)
    }
    this.tiers = groups.flatMap(({ ready }, place) => this.#placed[place]?.tiers ?? [ready])
    for (const name of left) this.#inners.delete(name)
  }

  pick(flow: Flow): Endpoint | undefined {
    const placed = this.#placed
    const place = placed.length > 1 ? this.#selector.select(flow) : 0
    const picked = placed[place]?.pick(flow)
    if (picked !== undefined) return picked
    for (let other = 0; other < placed.length; other++) {
      const found = other === place ? undefined : placed[other]?.pick(flow)
      if (found !== undefined) return found
    }
    return undefined
  }

  start(endpoint: Endpoint): void {
    this.#innerOf[endpoint.index]?.start?.(endpoint)
  }

  settle(endpoint: Endpoint, latencyMs: number, outcome: Outcome): void {
    this.#innerOf[endpoint.index]?.settle?.(endpoint, latencyMs, outcome)
  }

  letsIn(endpoint: Endpoint): boolean {
    return (
      this.#admitted.has(endpoint) || this.#innerOf[endpoint.index]?.letsIn?.(endpoint) === true
    )
  }

  #inner(name: string): Balancer {
    const known = this.#inners.get(name)
    if (known !== undefined) return known
    const made = this.#spare ?? this.#make()
    this.#spare = undefined
    this.#inners.set(name, made)
    return made
  }
}

function heldAmongReady({ ready }: Group): Endpoint[] {
  return ready.filter(({ holds }) => holds !== 0)
}
