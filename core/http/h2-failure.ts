import { constants } from 'node:http2'
import type { Sent, TransportFailure } from '../contracts/transport.ts'
import { classify, TimedOut } from './failure.ts'

const { NGHTTP2_REFUSED_STREAM } = constants

/** There is no connection, or it is no HTTP/2: nothing was sent. */
export function unreachable(cause: unknown): TransportFailure {
  const error = cause instanceof Error ? cause : new Error(String(cause))
  return { ...classify(error, false), sent: 'nothing', reused: false }
}

export function connectTimeout(): TransportFailure {
  return unreachable(new TimedOut(false))
}

export function timeout(sent: Sent): TransportFailure {
  return { ...classify(new TimedOut(true), true), sent, reused: false }
}

/** A stream that ended before its answer did, or that gave no answer of HTTP. */
export function broken(cause: unknown, sent: Sent, reused: boolean): TransportFailure {
  return { outcome: 'upstream-error', code: 'ENDPOINT_FAILED', cause, sent, reused }
}

/**
 * A stream that the endpoint refused, or will never look at because it lies above the last one of
 * a GOAWAY, can be sent again whatever it asks (RFC 9113, 8.7): as good as never connected.
 */
export function refused(error: unknown, reused: boolean): TransportFailure {
  const cause = new Error('the endpoint refused the stream unseen', { cause: error })
  return { ...unreachable(cause), reused }
}

/** Whether a stream's code says that nothing of the request was looked at. */
export function isRefusal(code: number | undefined): boolean {
  return code === NGHTTP2_REFUSED_STREAM
}
