import type { DnsAddress, DnsService, Resolver } from '../contracts/resolver.ts'

/** The TTL of every record. */
const TTL_MS = 30_000

/**
 * DNS from a table, for tests and simulations: by name its addresses, or its SRV records as
 * `priority weight port target`. The table may change; a name that is not in it does not exist.
 */
export class FakeResolver implements Resolver {
  readonly #names: Readonly<Record<string, readonly string[]>>

  constructor(names: Readonly<Record<string, readonly string[]>>) {
    this.#names = names
  }

  async addresses(family: 4 | 6, { name }: { name: string }): Promise<readonly DnsAddress[]> {
    const own = this.#recordsOf(name).filter((record) => familyOf(record) === family)
    return own.map((address) => ({ address, ttlMs: TTL_MS }))
  }

  async services({ name }: { name: string }): Promise<readonly DnsService[]> {
    const own = this.#recordsOf(name).map((record) => record.split(' '))
    return own
      .filter((parts) => parts.length === 4)
      .map(([priority, weight, port, target = '']) => {
        return { target, port: Number(port), priority: Number(priority), weight: Number(weight) }
      })
  }

  #recordsOf(name: string): readonly string[] {
    return this.#names[name] ?? []
  }
}

function familyOf(record: string): 4 | 6 | undefined {
  if (record.includes(' ')) return undefined
  return record.includes(':') ? 6 : 4
}
