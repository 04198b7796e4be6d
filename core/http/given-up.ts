import type { AnswerSink } from '../contracts/transport.ts'

// An answer that nobody wants any more is read to its end if that is near: the connection lives on.
const MOST_DRAINED_BYTES = 65_536

/** How long an endpoint has for the rest of such an answer. */
export const DRAIN_MS = 1_000

/** Whether reading the bytes that are left costs less than a new connection; -1 is unknown. */
export function isNearItsEnd(bytesLeft: number): boolean {
  return bytesLeft >= 0 && bytesLeft <= MOST_DRAINED_BYTES
}

/** Takes the rest of an answer that was given up. */
export const NOBODY: AnswerSink = {
  head() {},
  data: () => true,
  end() {},
  upgraded: (_text, _headers, socket) => socket.destroy(),
  failed() {},
}
