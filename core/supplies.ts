import { ConfigError } from './config/config-error.ts'
import { resolveGiven } from './config/resolve-endpoints.ts'
import type { Use } from './container/use.ts'
import type { Plugin } from './contracts/plugin.ts'
import { Supply } from './upstream/supply.ts'

/** What each use that discovers endpoints has found, through reloads. */
export class Supplies {
  readonly #byUse = new Map<Use<Plugin>, Supply>()
  readonly #begun: [Use<Plugin>, Supply][] = []

  /**
   * The supply of a use: the one it had before, or a new one, which is to `begin`.
   *
   * @throws ConfigError for a plugin that discovers nothing
   */
  take(use: Use<Plugin>, before: Supplies | undefined): Supply {
    if (use.instance.discover === undefined) {
      throw new ConfigError([
        `${use.place}: discovers no endpoints; list them, or name one that does`,
      ])
    }
    const known = before === undefined ? undefined : before.#byUse.get(use)
    const supply = known ?? new Supply()
    this.#byUse.set(use, supply)
    if (known === undefined) this.#begun.push([use, supply])
    return supply
  }

  /**
   * Starts what is new, all at once: a source that is slow to answer does not add to others.
   *
   * @throws ConfigError for the first that fails, once all have answered
   */
  async begin(): Promise<void> {
    const begun = this.#begun.map(([use, supply]) => discover(use, supply))
    for (const one of await Promise.allSettled(begun)) {
      if (one.status === 'rejected') throw one.reason
    }
  }

  /** Ends those that `other` does not have. */
  stopWithout(other: Supplies | undefined): void {
    for (const [use, supply] of this.#byUse) {
      if (other === undefined || !other.#byUse.has(use)) supply.stop()
    }
  }
}

async function discover({ instance, place }: Use<Plugin>, supply: Supply): Promise<void> {
  try {
    const stop = await instance.discover?.((endpoints) => {
      supply.set(resolveGiven(place, endpoints))
    })
    if (stop !== undefined) supply.stop = stop
  } catch (error: unknown) {
    if (error instanceof ConfigError) throw error
    const message = error instanceof Error ? error.message : String(error)
    throw new ConfigError([`${place}: ${message}`], { cause: error })
  }
}
