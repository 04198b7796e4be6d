import type { Clock, Endpoint, Exchange, Failure, Flow, Logger, Plugin, Rng, Upstream } from '#core'
import { Budget } from './budget.ts'
import type { RetryOptions } from './options.ts'

const NO = -1

/** Decides whether, where and when a failed request is sent again. */
export class Retry implements Plugin {
  readonly replayBytes: number
  readonly #options: RetryOptions
  readonly #clock: Clock
  readonly #rng: Rng
  readonly #log: Logger
  readonly #budgets = new WeakMap<Upstream, Budget>()

  constructor(options: RetryOptions, clock: Clock, rng: Rng, log: Logger) {
    this.replayBytes = options.buffer
    this.#options = options
    this.#clock = clock
    this.#rng = rng
    this.#log = log
  }

  /** Counts requests: what the budget is a share of. */
  attempt({ flow }: Exchange): void {
    if (flow.attempt === 1) this.#budgetOf(flow.upstream).started(flow.startedAt)
  }

  /** Connections of layer 4 count as requests do. */
  stream({ upstream }: Flow): boolean {
    this.#budgetOf(upstream).started(this.#clock.now())
    return true
  }

  again(flow: Flow, failure: Failure): number {
    const { retries, maxRetryAfter } = this.#options
    if (failure.attempt > retries || !this.#isListed(failure)) return NO
    // An endpoint that may have acted on it must not be made to act twice.
    if (failure.sent !== 'nothing' && !failure.idempotent) return NO
    if (failure.retryAfterMs > maxRetryAfter) return NO
    // One that closed an idle connection is well, and may be asked again.
    if (!failure.reused && !avoid(flow)) return NO
    const delayMs = Math.max(0, failure.retryAfterMs) + this.#jitter(failure.attempt)
    if (delayMs >= failure.leftMs) return NO
    return this.#isAfforded(flow.upstream) ? delayMs : NO
  }

  #isListed({ outcome, status }: Failure): boolean {
    const { on, statuses } = this.#options
    if (status > 0) return statuses.includes(status)
    if (outcome === 'connect-failed') return on.includes('connect-failed')
    return on.includes(outcome === 'timeout' ? 'timeout' : 'reset')
  }

  // Full jitter: the whole range is as likely, so that those who failed together part.
  #jitter(attempt: number): number {
    const { backoff, maxBackoff } = this.#options
    return this.#rng.unit() * Math.min(maxBackoff, backoff * 2 ** (attempt - 1))
  }

  #isAfforded(upstream: Upstream): boolean {
    const budget = this.#budgetOf(upstream)
    const now = this.#clock.now()
    if (budget.take(now)) return true
    const refused = budget.refused(now)
    if (refused > 0) {
      this.#log.warn({ upstream: upstream.name, refused }, 'the retry budget is spent')
    }
    return false
  }

  #budgetOf(upstream: Upstream): Budget {
    const known = this.#budgets.get(upstream)
    if (known !== undefined) return known
    const budget = new Budget(this.#options.budget)
    this.#budgets.set(upstream, budget)
    return budget
  }
}

/** Keeps the flow away from the endpoint that failed it; false if there is no other one. */
function avoid(flow: Flow): boolean {
  const { endpoint, upstream } = flow
  if (endpoint === undefined) return false
  flow.avoid ??= new Set<Endpoint>()
  flow.avoid.add(endpoint)
  for (const other of upstream.endpoints) {
    if (other.holds === 0 && !other.isFull && !flow.avoid.has(other)) return true
  }
  return false
}
