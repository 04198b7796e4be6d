import type { Endpoint } from '../contracts/endpoint.ts'
import type { Goodbye } from './goodbye.ts'

/** Two joined connections that last: an upgrade's, or those of layer 4. */
export interface Lasting {
  readonly endpoint: Endpoint | undefined
  /** After so much silence both ways it is cut; 0 for never. */
  readonly idleTimeoutMs: number
  /** What the sweep over all of them saw last: bytes, and since when there are no more. */
  seenBytes: number
  quietSince: number
  readonly bytesUp: number
  readonly bytesDown: number
  /**
   * Whether a drain that nobody can tell it of cuts it at a moment of its own within the last fifth of
   * the time, rather than with all others at the end.
   */
  readonly isCutInTurn?: boolean
  /** Whether it is cut or closed already, if not to the last. */
  readonly isGone?: boolean
  /** Whether it is cut when its endpoint is held, a drain aside. */
  readonly isCutWhenDown?: boolean
  /** Whether one side has said that it is about to go. */
  readonly isEnding: boolean
  /** Asks the client to go; false where its protocol knows no such word. */
  tell(goodbye: Goodbye): boolean
  /** Ends it now. */
  cut(goodbye: Goodbye): void
}
