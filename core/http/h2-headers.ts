import type { OutgoingRequest, RawHeaders } from '../contracts/transport.ts'
import * as is from './header-names.ts'

const ACCEPT_TRAILERS = 'trailers'
const GRPC = 'application/grpc'

/**
 * A request's head as HTTP/2 writes it (RFC 9113, 8.2 and 8.3): what stood in the request line and
 * in Host goes into pseudo-headers, names are in lower case, and what is between two hops of
 * HTTP/1 stays out.
 */
export function requestHead(
  request: OutgoingRequest,
  scheme: string,
  authority: string,
): RawHeaders {
  const { method, target, headers } = request
  const list: RawHeaders = [':method', method, ':scheme', scheme, ':authority', authority]
  list.push(':path', target)
  let isGrpc = false
  let asksForTrailers = false
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string
    const value = headers[i + 1] as string
    const lower = name.toLowerCase()
    switch (is.meaningOf(lower)) {
      case is.HOST:
        // HTTP/1.0 has requests without: then the endpoint's own stays.
        if (value !== '') list[5] = value
        continue
      case is.TE:
        asksForTrailers ||= value.toLowerCase() === ACCEPT_TRAILERS
        continue
      case is.HOP:
      case is.CONNECTION:
      case is.TRANSFER_ENCODING:
      case is.UPGRADE:
      case is.EXPECT:
        continue
    }
    isGrpc ||= lower === 'content-type' && value.startsWith(GRPC)
    list.push(lower, value)
  }
  // gRPC servers take its absence for a proxy that loses trailers.
  if (asksForTrailers || isGrpc) list.push('te', ACCEPT_TRAILERS)
  return list
}

/** The headers of an answer's head without pseudo-headers. */
export function answerHead(raw: RawHeaders): RawHeaders {
  const list: RawHeaders = []
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] as string
    if (!name.startsWith(':')) list.push(name, raw[i + 1] as string)
  }
  return list
}
