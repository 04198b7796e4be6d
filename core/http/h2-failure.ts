import { constants } from 'node:http2'
import type { TransportFailure } from '../contracts/transport.ts'

const { NGHTTP2_REFUSED_STREAM } = constants

/** There is no connection, or it is no HTTP/2: nothing was sent. */
export function unreachable(cause: unknown): TransportFailure {
  const isLate = (cause as { code?: unknown } | undefined)?.code === 'ETIMEDOUT'
  const code = isLate ? 'CONNECT_TIMEOUT' : 'ENDPOINT_UNREACHABLE'
  return { outcome: 'connect-failed', code, cause }
}

export function connectTimeout(): TransportFailure {
  const cause = new Error('no connection in time, TLS and SETTINGS included')
  return { outcome: 'connect-failed', code: 'CONNECT_TIMEOUT', cause }
}

export function timeout(message: string): TransportFailure {
  return { outcome: 'timeout', code: 'ENDPOINT_TIMEOUT', cause: new Error(message) }
}

/**
 * A stream that ended before its answer did. One that the endpoint refused, or that it will never
 * look at because it lies above the last stream of a GOAWAY, can be sent again whatever it asks
 * (RFC 9113, 8.7): as good as never connected.
 */
export function broken(
  code: number,
  isBeyondLast: boolean,
  isAnswered: boolean,
  error: unknown,
): TransportFailure {
  if (!isAnswered && (isBeyondLast || code === NGHTTP2_REFUSED_STREAM)) {
    return unreachable(new Error('the endpoint refused the stream unseen', { cause: error }))
  }
  const cause = error ?? new Error(`the stream ended before its answer, code ${code}`)
  return { outcome: 'upstream-error', code: 'ENDPOINT_FAILED', cause }
}
