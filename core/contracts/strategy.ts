import type { Endpoint } from './endpoint.ts'
import type { Flow, Outcome } from './flow.ts'
import type { KeySource } from './key-source.ts'

/**
 * Chooses an endpoint for a flow. The extension point people write most.
 *
 * An instance serves one upstream and is called by it alone, in one thread: no locks needed.
 */
export interface Strategy {
  /** What to hash into `flow.key` before `pick`; the same for the whole life of an instance. */
  readonly key?: KeySource
  /**
   * Takes the endpoints that are ready, after holds, weights or membership changed; never during
   * a request and at most once a turn of the event loop. Called once, before the first `pick`.
   * Build tables here. The array is not changed afterwards and may be kept.
   */
  update(ready: readonly Endpoint[]): void
  /**
   * Chooses from the last `update`, or undefined if there is none to choose. Hot: synchronous,
   * O(1) or with its bound stated, no allocation. A pick that has been held since, is full, or is
   * one of `flow.avoid` is drawn again, so a strategy that would give the same once more goes on to
   * its next best itself.
   */
  pick(flow: Flow): Endpoint | undefined
  /** A flow was sent to the endpoint, whoever chose it. */
  start?(endpoint: Endpoint): void
  /**
   * The flow ended; called once for each `start`, also for an endpoint that was held since.
   * `latencyMs` runs from acquire, or from the end of an upload that the client sends meanwhile, to
   * the first byte of the answer, or to the end without one. An answer that comes before the upload
   * has ended counts from acquire.
   */
  settle?(endpoint: Endpoint, latencyMs: number, outcome: Outcome): void
}
