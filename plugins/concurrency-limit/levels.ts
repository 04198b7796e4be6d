import type { Exchange } from '#core'

/** Requests that come before others. */
export interface PriorityRule {
  /** Names of routes; empty for any. */
  readonly routes: readonly string[]
  /** What headers must be; empty for anything. */
  readonly headers: Readonly<Record<string, string>>
  /** The share of the limit that those after them may not have. */
  readonly reserve: number
}

interface Level {
  readonly routes: ReadonlySet<string> | undefined
  readonly headers: readonly (readonly [name: string, value: string])[]
}

/** The order of requests by importance: level 0 is the first rule's, the last one everybody else's. */
export class Levels {
  /** The share of the limit that each level may have, from 1 downwards. */
  readonly shares: readonly number[]
  readonly #levels: readonly Level[]
  readonly #believesAnyone: boolean

  /** Headers of clients count only behind a trusted proxy, unless anyone is believed. */
  constructor(rules: readonly PriorityRule[], believesAnyone: boolean) {
    let share = 1
    this.shares = [1, ...rules.map(({ reserve }) => (share -= reserve))]
    this.#believesAnyone = believesAnyone
    this.#levels = rules.map(({ routes, headers }) => ({
      routes: routes.length === 0 ? undefined : new Set(routes),
      headers: Object.entries(headers),
    }))
  }

  of(exchange: Exchange): number {
    const levels = this.#levels
    for (let at = 0; at < levels.length; at++) {
      if (this.#isOf(exchange, levels[at] as Level)) return at
    }
    return levels.length
  }

  #isOf(exchange: Exchange, { routes, headers }: Level): boolean {
    if (routes !== undefined && !routes.has(exchange.route.id)) return false
    if (headers.length === 0) return true
    if (!this.#believesAnyone && !exchange.client.trusted) return false
    for (let at = 0; at < headers.length; at++) {
      const wanted = headers[at]
      if (wanted !== undefined && exchange.header(wanted[0]) !== wanted[1]) return false
    }
    return true
  }
}
