import type { TransportFailure } from '../contracts/transport.ts'

/** Error codes of node and undici that mean: no connection, so nothing was sent. */
const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
  'ENOENT',
])

/** What an error of the client says about the attempt. */
export function classify(error: Error & { code?: string; syscall?: string }): TransportFailure {
  const code = error.code ?? ''
  // The same codes come from connections that were there: then something may have been sent.
  if (error.syscall === 'read' || error.syscall === 'write') return failed(error)
  if (code === 'UND_ERR_CONNECT_TIMEOUT' || code === 'ETIMEDOUT') {
    return { outcome: 'connect-failed', code: 'CONNECT_TIMEOUT', cause: error }
  }
  if (code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT') {
    return { outcome: 'timeout', code: 'ENDPOINT_TIMEOUT', cause: error }
  }
  if (UNREACHABLE.has(code) || isTlsFailure(code)) {
    return { outcome: 'connect-failed', code: 'ENDPOINT_UNREACHABLE', cause: error }
  }
  return failed(error)
}

function failed(cause: Error): TransportFailure {
  return { outcome: 'upstream-error', code: 'ENDPOINT_FAILED', cause }
}

// undici sees in this one code a matter of one Host among many, and leaves the request waiting.
export function wrongName(error: Error & { code?: string }): Error {
  if (error.code !== 'ERR_TLS_CERT_ALTNAME_INVALID') return error
  return Object.assign(new Error(error.message, { cause: error }), { code: 'CERT_NAME_MISMATCH' })
}

// OpenSSL's and node's codes for a certificate that does not verify, and handshakes that fail.
function isTlsFailure(code: string): boolean {
  return /^(ERR_TLS_|ERR_SSL_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)/.test(code)
}
