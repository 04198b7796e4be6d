import type { EndpointConfig, Json } from '#core'

/** What an admin wants of one endpoint. Times are in ms since the Unix epoch. */
export interface Wish {
  factor: number
  hold: WishedHold | undefined
  drain: WishedDrain | undefined
}

export interface WishedHold {
  readonly since: number
  readonly cause: string
  /** When it ends by itself; 0 for not by itself. */
  readonly until: number
}

export interface WishedDrain {
  readonly since: number
  readonly cause: string
  readonly deadlineMs: number
}

/** What an admin wants of one upstream. */
export interface Wishes {
  /** By the endpoint's id. */
  readonly endpoints: Map<string, Wish>
  added: readonly EndpointConfig[]
}

/** As JSON, for whoever keeps it. */
export function toJson(all: ReadonlyMap<string, Wishes>): Json {
  const told = Array.from(all, ([name, { endpoints, added }]) => {
    return [name, { endpoints: Object.fromEntries(endpoints), added }]
  })
  // Undefined has no form in JSON, and is not there when it is read again.
  return JSON.parse(JSON.stringify(Object.fromEntries(told)))
}

/** What `toJson` made; it was made by this plugin, maybe of another version. */
export function fromJson(json: Json | undefined): Map<string, Wishes> {
  const all = new Map<string, Wishes>()
  const kept = (json ?? {}) as unknown as Readonly<Record<string, KeptWishes>>
  for (const [name, { endpoints = {}, added = [] }] of Object.entries(kept)) {
    const wishes = Object.entries(endpoints).map(([id, wish]): [string, Wish] => {
      return [id, { factor: wish.factor ?? 1, hold: wish.hold, drain: wish.drain }]
    })
    all.set(name, { endpoints: new Map(wishes), added })
  }
  return all
}

interface KeptWishes {
  readonly endpoints?: Readonly<Record<string, Partial<Wish>>>
  readonly added?: readonly EndpointConfig[]
}
