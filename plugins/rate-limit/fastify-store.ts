import { bounded } from './bounded-key.ts'
import { countsOf } from './groups.ts'
import { Verdict } from './rule.ts'

type Answer = (error: Error | null, result?: { current: number; ttl: number }) => void

/** What @fastify/rate-limit takes as its `store`. */
export type RateLimitStore = new () => {
  /** Counts a request of a key; `max` and the answer's `current` are the engine's words for it. */
  incr(key: string, answer: Answer, timeWindow: number, max: number): void
  /** What `incr` would say, without counting. */
  read(key: string, answer: Answer, timeWindow: number, max: number): void
  /** The same counts, for a route with options of its own. */
  child(): InstanceType<RateLimitStore>
}

/**
 * Lets a native @fastify/rate-limit count where `rateLimit` of the same group does: one of them must
 * be in the config. How much is allowed is that one's matter; keys, allow lists, bans and hooks are
 * the native plugin's own. Of two limits the answer tells of the tighter one.
 *
 * @example
 * native(fastifyRateLimit, { store: rateLimitStore({ group: 'api' }), keyGenerator: ({ ip }) => ip })
 */
export function rateLimitStore({ group }: { readonly group: string }): RateLimitStore {
  return class GroupStore {
    readonly #refusals = new Refusals()

    incr(key: string, answer: Answer, _timeWindow: number, max: number): void {
      this.#ask(key, 1, answer, max)
    }

    read(key: string, answer: Answer, _timeWindow: number, max: number): void {
      this.#ask(key, 0, answer, max)
    }

    child(): InstanceType<RateLimitStore> {
      return new GroupStore()
    }

    #ask(key: string, cost: number, answer: Answer, max: number): void {
      const counts = countsOf(group)
      if (counts === undefined) {
        answer(new Error(`rateLimitStore: no rateLimit() of the group "${group}" is in force`))
        return
      }
      const verdict = new Verdict(counts.rule.limits.length)
      const own = bounded(key)
      const told = (): void => answer(null, this.#result(own, cost, verdict, max))
      try {
        const taken = counts.store.take(own, cost, cost, verdict)
        if (typeof taken === 'number') told()
        else taken.then(told, answer)
      } catch (error: unknown) {
        answer(error instanceof Error ? error : new Error(String(error)))
      }
    }

    // The engine refuses what goes beyond `max`, and bans by how far.
    #result(key: string, cost: number, verdict: Verdict, max: number) {
      const isRefused = cost > 0 && verdict.granted === 0
      const { resetUs, waitUs, left } = verdict
      const refusals = this.#refusals.count(key, isRefused)
      const ttl = Math.ceil((isRefused ? waitUs : Math.max(...resetUs)) / 1_000)
      if (isRefused) return { current: max + refusals, ttl }
      return { current: Math.max(0, max - Math.min(...left)), ttl }
    }
  }
}

const MOST_REFUSED = 10_000

/** How often keys were refused since they were let in last: what bans go by. */
class Refusals {
  readonly #byKey = new Map<string, number>()

  count(key: string, isRefused: boolean): number {
    if (!isRefused) {
      this.#byKey.delete(key)
      return 0
    }
    const count = (this.#byKey.get(key) ?? 0) + 1
    if (count === 1 && this.#byKey.size >= MOST_REFUSED) this.#byKey.clear()
    this.#byKey.set(key, count)
    return count
  }
}
