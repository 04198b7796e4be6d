import type { GivenUp } from '../cli/exit.ts'
import type { Json } from '../contracts/json.ts'

/** What a supervisor and its worker tell each other over fork's channel. */

/** Changes with the meaning of a message: a worker of other code may be newer than its supervisor. */
export const PROTOCOL = '2'

export type FromWorker = { readonly sluice: 'from-worker' } & (
  | { readonly kind: 'awake' /* signals reach it */ }
  | { readonly kind: 'want'; readonly key: string /* a socket */ }
  | { readonly kind: 'keep'; readonly key: string /* with the handle */ }
  | { readonly kind: 'drop'; readonly key: string }
  | { readonly kind: 'recall' /* what workers have kept */ }
  | ({ readonly kind: 'remember' } & Kept)
  | { readonly kind: 'stop' /* it ends, and so does the gateway */ }
  | ({ readonly kind: 'ready' } & Ready)
  | ({ readonly kind: 'failed' } & Failure)
)

export type ToWorker = { readonly sluice: 'to-worker' } & (
  | { readonly kind: 'socket'; readonly key: string /* with the handle, if there is one */ }
  | { readonly kind: 'drain'; readonly isReplaced: boolean }
  | { readonly kind: 'memory'; readonly entries: readonly (readonly [string, Json])[] }
  | ({ readonly kind: 'kept' /* by another worker */ } & Kept)
)

/** Something that a plugin keeps; without a value it is forgotten. */
export interface Kept {
  readonly key: string
  readonly value?: Json | undefined
}

/** A worker accepts connections. */
export interface Ready {
  /** Where it listens and what it serves. */
  readonly banner: string
  /** How long it may take to end once it is asked to. */
  readonly patienceMs: number
}

/** A worker ended before it was ready. */
export type Failure = GivenUp

export function isFromWorker(message: unknown): message is FromWorker {
  return isOurs(message) && message.sluice === 'from-worker'
}

export function isToWorker(message: unknown): message is ToWorker {
  return isOurs(message) && message.sluice === 'to-worker'
}

// A config may use the channel too; what is not ours is left alone.
function isOurs(message: unknown): message is { sluice: unknown } {
  return typeof message === 'object' && message !== null && 'sluice' in message
}
