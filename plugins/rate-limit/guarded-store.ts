import type { Verdict } from './rule.ts'
import type { Store } from './store.ts'

/** What stands in for a store that does not answer. */
export type OnStoreError = 'local' | 'open' | 'closed'

/** Answers always: from a store elsewhere, and by a policy of its own while that does not answer. */
export class GuardedStore implements Store {
  readonly #remote: Store
  readonly #local: Store
  readonly #policy: OnStoreError
  readonly #isUp: () => boolean

  /** While `isUp` says no, `remote` is not asked. */
  constructor(remote: Store, local: Store, policy: OnStoreError, isUp: () => boolean) {
    this.#remote = remote
    this.#local = local
    this.#policy = policy
    this.#isUp = isUp
  }

  take(key: string, least: number, most: number, verdict: Verdict): number | Promise<number> {
    if (!this.#isUp()) return this.#without(key, least, most, verdict)
    const taken = this.#remote.take(key, least, most, verdict)
    if (typeof taken === 'number') return taken
    // Why it failed is in the log of the connection; a line for each request would be a flood.
    return taken.catch(() => this.#without(key, least, most, verdict))
  }

  #without(key: string, least: number, most: number, verdict: Verdict): number | Promise<number> {
    if (this.#policy === 'local') return this.#local.take(key, least, most, verdict)
    verdict.isUndecided = true
    verdict.waitUs = 0
    verdict.violated = -1
    verdict.granted = this.#policy === 'open' ? most : 0
    return verdict.granted
  }
}
