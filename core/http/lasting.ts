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
  /** Whether one side has said that it is about to go. */
  readonly isEnding: boolean
  /** Asks the client to go; false where its protocol knows no such word. */
  tell(goodbye: Goodbye): boolean
  /** Ends it now. */
  cut(goodbye: Goodbye): void
}
