import type { Clock, DnsAddress, Resolver } from '#core'
import { type Allows, allowsOf } from './allowed.ts'

export interface AddressRules {
  readonly families: readonly (4 | 6)[]
  readonly servers: readonly string[]
  readonly allow: readonly string[]
  readonly timeout: number
  /** For how long it is believed that there are none. */
  readonly interval: number
  readonly minInterval: number
  readonly maxInterval: number
  readonly onEmpty: 'keep' | 'clear'
}

/** The addresses of a name. */
export interface Located {
  readonly addresses: readonly string[]
  /** Good until then, a time of the clock in ms. What is in trouble does not count. */
  readonly until: number
  /** What could not be found out; empty for nothing. */
  readonly trouble: string
}

/**
 * The addresses of names, each family's asked for again once its time to live is over. Where DNS gives
 * no answer about a family, its last known addresses stand in.
 */
export class Addresses {
  readonly #rules: AddressRules
  readonly #resolver: Resolver
  readonly #clock: Clock
  readonly #allows: Allows
  #known = new Map<string, Located>()

  constructor(rules: AddressRules, resolver: Resolver, clock: Clock) {
    this.#rules = rules
    this.#resolver = resolver
    this.#clock = clock
    this.#allows = allowsOf(rules.allow)
  }

  async of(name: string): Promise<Located> {
    const { families, onEmpty } = this.#rules
    const found = await Promise.all(families.map((family) => this.#ask(name, family)))
    const whole = joined(found)
    if (whole.addresses.length > 0 || whole.trouble !== '' || onEmpty === 'clear') {
      for (const [at, family] of families.entries()) {
        this.#known.set(`${family} ${name}`, found[at] as Located)
      }
      return whole
    }
    const before = joined(families.map((family) => this.#before(name, family)))
    return { ...before, until: Number.POSITIVE_INFINITY, trouble: `${name} has no address` }
  }

  /** Forgets every name but these. */
  keep(names: ReadonlySet<string>): void {
    const entries = [...this.#known].filter(([key]) => names.has(key.slice(2)))
    this.#known = new Map(entries)
  }

  async #ask(name: string, family: 4 | 6): Promise<Located> {
    const { servers, timeout } = this.#rules
    const before = this.#before(name, family)
    if (this.#clock.now() < before.until) return before
    try {
      const records = await this.#resolver.addresses(family, { name, servers, timeoutMs: timeout })
      const stranger = records.find(({ address }) => !this.#allows(address))
      if (stranger !== undefined) {
        throw new Error(`DNS says that ${name} is at ${stranger.address}, which it may not be`)
      }
      return {
        addresses: [...new Set(records.map(({ address }) => address))].sort(),
        until: this.#clock.now() + this.#lifeOf(records),
        trouble: '',
      }
    } catch (error: unknown) {
      const trouble = error instanceof Error ? error.message : String(error)
      return { addresses: before.addresses, until: 0, trouble }
    }
  }

  #lifeOf(records: readonly DnsAddress[]): number {
    const { interval, minInterval, maxInterval } = this.#rules
    if (records.length === 0) return interval
    const ttlMs = records.reduce((least, record) => Math.min(least, record.ttlMs), maxInterval)
    return Math.max(minInterval, ttlMs)
  }

  #before(name: string, family: 4 | 6): Located {
    return this.#known.get(`${family} ${name}`) ?? NOTHING_YET
  }
}

const NOTHING_YET: Located = { addresses: [], until: 0, trouble: '' }

function joined(parts: readonly Located[]): Located {
  return {
    addresses: parts.flatMap(({ addresses }) => addresses),
    until: Math.min(...parts.filter(isWell).map(({ until }) => until)),
    trouble: parts.find((part) => !isWell(part))?.trouble ?? '',
  }
}

function isWell({ trouble }: Located): boolean {
  return trouble === ''
}
