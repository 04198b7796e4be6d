import type { Duration } from '../../contracts/units.ts'
import type { Arrivals } from '../arrivals.ts'
import type { Distribution } from '../distributions.ts'
import type { Keys } from '../keys.ts'

/**
 * How long a client waits before it tries again, after its n-th failure (Brooker, "Exponential Backoff
 * And Jitter", AWS, 2015), with v = min(cap, base x 2^n):
 *
 * - `none`: it does not try again
 * - `immediate`: not at all
 * - `exponential`: v
 * - `equal`: half of v, and up to as much again by chance
 * - `full`: from 0 to v by chance
 * - `decorrelated`: from `base` to three times the wait before, by chance, `cap` at most
 */
export type BackoffPolicy = 'none' | 'immediate' | 'exponential' | 'equal' | 'full' | 'decorrelated'

/** How clients try again what failed. */
export interface ClientRetry {
  policy: BackoffPolicy
  /** Further tries of one call; `Infinity` until it succeeds. 3 by default. */
  times?: number
  /** `'100ms'` by default. */
  base?: Duration
  /** `'10s'` by default. */
  cap?: Duration
  /** Whether an answer's Retry-After is waited for if it is longer. True by default. */
  retryAfter?: boolean
  /**
   * A bucket of tokens that all clients of the entry share: each call puts in `share` of one, each
   * retry takes one, no more than `most` are kept. Without a token the call fails. Unlimited by default.
   */
  budget?: { share: number; most?: number }
}

/** Clients of one kind. Each call is one request, and those that follow where it fails. */
export interface ClientModel {
  /** `clients[0]` and so on by default. */
  name?: string
  /** When calls come, of all clients together, whatever became of those before: an open loop. */
  arrivals?: Arrivals
  /**
   * So many clients, each with one call at a time: a closed loop. What is slow or failing then
   * lowers the load, and waits that end together raise it.
   */
  count?: number
  /** Of a closed loop: how long a client waits after a call before its next one. */
  think?: Distribution | number
  /** Of a closed loop: how many calls each makes. No limit by default. */
  calls?: number
  /** Of a closed loop: `together` starts all at once; by default each begins with a wait. */
  start?: 'spread' | 'together'
  /** How long a client waits for an answer before it gives up that request. For ever by default. */
  timeout?: Duration
  /** What it does about failures. `{ policy: 'none' }` by default. */
  retry?: ClientRetry
  /** How long a request and an answer take between client and gateway. No time by default. */
  network?: Distribution | number
  /** Whose requests they are. Of a closed loop each client has a key of its own by default. */
  keys?: Keys
  /** `'GET'` by default. */
  method?: string
  /** `'/'` by default. */
  path?: string
  /** What routes match hosts by. None by default. */
  host?: string
  headers?: Readonly<Record<string, string>>
}
