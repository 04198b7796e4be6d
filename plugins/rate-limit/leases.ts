import type { Clock } from '#core'
import { type Rule, Verdict } from './rule.ts'
import type { Store } from './store.ts'

// More would be a tenth of the limit in the hands of one gateway, or hold a client's whole burst.
const LARGEST_BATCH = 100
const LARGEST_SHARE = 0.1
// A key whose last batch went within this time is worth a larger one.
const QUICK_MS = 1_000
// What refused once is left to gather a little, lest it be asked anew for each request that it has.
const REST_MS = 100
// Those who wait for a batch ask by themselves if so many went without anything for them.
const MOST_ROUNDS = 3

interface Lease {
  /** Taken there, and not yet given out here. */
  tokens: number
  batch: number
  filledAt: number
  /** Until then there is nothing for what costs as much as `refusedCost`. */
  refusedUntil: number
  refusedCost: number
  refusedBy: number
  /** Cost of those who wait for the fill under way. */
  wanted: number
  filling: Promise<void> | undefined
  /** What the store said last. */
  readonly verdict: Verdict
}

/**
 * Takes from another store in batches and gives out of them, so that it is asked once for many
 * requests and hardly anybody waits for it. What is given out has been taken there before, and a
 * gateway holds a batch of a key at most; so any span sees as much as without leases, and a batch
 * for each gateway more. Batches grow from one request to a tenth of the limit, 100 at most, for keys
 * that use them up within a second.
 */
export class Leases implements Store {
  readonly #store: Store
  readonly #clock: Clock
  readonly #limits: number
  readonly #maxKeys: number
  readonly #largest: number
  readonly #leases = new Map<string, Lease>()

  constructor(store: Store, rule: Rule, clock: Clock, maxKeys: number) {
    this.#store = store
    this.#clock = clock
    this.#limits = rule.limits.length
    this.#maxKeys = maxKeys
    this.#largest = largestBatch(rule)
  }

  take(key: string, least: number, most: number, verdict: Verdict): number | Promise<number> {
    // A batch larger than any that is held here is the store's own matter.
    if (least > this.#largest) return this.#store.take(key, least, most, verdict)
    const lease = this.#leases.get(key) ?? this.#open(key)
    const taken = this.#give(key, lease, least, verdict)
    return taken >= 0 ? taken : this.#wait(key, lease, least, verdict)
  }

  /** Gives out of a lease, or the refusal that is known; -1 if the store has to be asked. */
  #give(key: string, lease: Lease, cost: number, verdict: Verdict): number {
    if (lease.tokens >= cost) {
      lease.tokens -= cost
      show(lease, verdict, cost)
      if (lease.tokens <= lease.batch / 4) this.#fillAhead(key, lease)
      return cost
    }
    const waitMs = lease.refusedUntil - this.#clock.now()
    if (waitMs <= 0 || cost < lease.refusedCost) return -1
    show(lease, verdict, 0)
    verdict.waitUs = Math.ceil(waitMs * 1_000)
    verdict.violated = lease.refusedBy
    return 0
  }

  async #wait(key: string, lease: Lease, cost: number, verdict: Verdict): Promise<number> {
    for (let round = 0; round < MOST_ROUNDS; round++) {
      lease.wanted += cost
      try {
        lease.filling ??= this.#fill(key, lease, cost)
        await lease.filling
      } finally {
        lease.wanted -= cost
      }
      const taken = this.#give(key, lease, cost, verdict)
      if (taken >= 0) return taken
    }
    return this.#store.take(key, cost, cost, verdict)
  }

  #fillAhead(key: string, lease: Lease): void {
    if (lease.filling !== undefined || lease.refusedUntil > this.#clock.now()) return
    lease.filling = this.#fill(key, lease, 1)
    // Whoever finds nothing asks again, and is told.
    lease.filling.catch(() => undefined)
  }

  async #fill(key: string, lease: Lease, least: number): Promise<void> {
    const { verdict } = lease
    const now = this.#clock.now()
    const isQuick = now - lease.filledAt < QUICK_MS
    lease.batch = isQuick ? Math.min(this.#largest, lease.batch * 2) : Math.max(1, lease.batch / 2)
    lease.filledAt = now
    const most = Math.max(least, lease.wanted, Math.floor(lease.batch) - lease.tokens)
    try {
      const taken = await this.#store.take(key, least, most, verdict)
      lease.tokens += taken
      if (taken > 0) return
      lease.refusedUntil = this.#clock.now() + Math.max(REST_MS, verdict.waitUs / 1_000)
      lease.refusedCost = least
      lease.refusedBy = verdict.violated
    } finally {
      lease.filling = undefined
    }
  }

  #open(key: string): Lease {
    // What is left in the oldest is lost, which lets nobody have more.
    if (this.#leases.size >= this.#maxKeys) {
      for (const oldest of this.#leases.keys()) {
        this.#leases.delete(oldest)
        break
      }
    }
    const lease: Lease = {
      tokens: 0,
      batch: 1,
      filledAt: Number.NEGATIVE_INFINITY,
      refusedUntil: Number.NEGATIVE_INFINITY,
      refusedCost: 0,
      refusedBy: -1,
      wanted: 0,
      filling: undefined,
      verdict: new Verdict(this.#limits),
    }
    this.#leases.set(key, lease)
    return lease
  }
}

/** How many requests of a key one gateway may hold. */
export function largestBatch({ limits }: Rule): number {
  let smallest = Number.POSITIVE_INFINITY
  for (const { quota, burst } of limits) smallest = Math.min(smallest, quota, burst)
  return Math.max(1, Math.min(LARGEST_BATCH, Math.floor(smallest * LARGEST_SHARE)))
}

function show(lease: Lease, verdict: Verdict, granted: number): void {
  verdict.granted = granted
  verdict.isUndecided = false
  verdict.waitUs = 0
  verdict.violated = -1
  for (let i = 0; i < verdict.left.length; i++) {
    verdict.left[i] = (lease.verdict.left[i] as number) + lease.tokens
    verdict.resetUs[i] = lease.verdict.resetUs[i] as number
  }
}
