import type { Refusal } from './contracts/exchange.ts'
import type { Outcome } from './contracts/flow.ts'

interface ErrorRow {
  /** The status a client gets. */
  readonly status: number
  /** The title of the problem document; a sentence without names or addresses. */
  readonly title: string
  /** What the client may read beyond the title. */
  readonly detail: string
  /** How the exchange ended. */
  readonly outcome: Outcome
}

/** Every way a request can fail in the gateway. Nothing else in it makes up a status or a text. */
export const ERRORS = {
  MALFORMED_REQUEST: row(400, 'Bad Request', 'The request is malformed.'),
  MALFORMED_PATH: row(400, 'Bad Request', 'The path has a dot segment or a malformed escape.'),
  NO_ROUTE: row(404, 'Not Found', 'No route matches this request.'),
  METHOD_NOT_ALLOWED: row(405, 'Method Not Allowed', 'This path has no route for this method.'),
  REQUEST_TIMEOUT: row(
    408,
    'Request Timeout',
    'The request took too long to arrive.',
    'client-abort',
  ),
  BODY_TOO_LARGE: row(413, 'Content Too Large', 'The body is larger than is allowed here.'),
  EXPECTATION_FAILED: row(417, 'Expectation Failed', 'Only 100-continue can be expected.'),
  HEADERS_TOO_LARGE: row(431, 'Request Header Fields Too Large', 'The head is too large.'),
  PLUGIN_FAILED: row(500, 'Internal Server Error', 'The gateway failed to handle this request.'),
  NOT_IMPLEMENTED: row(501, 'Not Implemented', 'This method is not supported.'),
  UPGRADE_NOT_SUPPORTED: row(501, 'Not Implemented', 'This upstream takes no upgrades.'),
  ENDPOINT_FAILED: row(502, 'Bad Gateway', 'The upstream gave no valid answer.', 'upstream-error'),
  ENDPOINT_UNREACHABLE: row(502, 'Bad Gateway', 'The upstream refused.', 'connect-failed'),
  NO_ENDPOINT: row(503, 'Service Unavailable', 'No endpoint is ready.'),
  OVERLOADED: row(503, 'Service Unavailable', 'The gateway is short of memory.'),
  CONNECT_TIMEOUT: row(
    504,
    'Gateway Timeout',
    'The upstream could not be reached.',
    'connect-failed',
  ),
  ENDPOINT_TIMEOUT: row(504, 'Gateway Timeout', 'The upstream did not answer in time.', 'timeout'),
  VERSION_NOT_SUPPORTED: row(505, 'HTTP Version Not Supported', 'Use HTTP/1.1 or HTTP/1.0.'),
  ALREADY_ANSWERED: row(500, 'Internal Server Error', 'An answer has already begun.'),
  CLOSED: row(500, 'Internal Server Error', 'The gateway is closed.'),
  NO_FILE: row(500, 'Internal Server Error', 'The gateway was not made from a file.'),
  CANNOT_LISTEN: row(500, 'Internal Server Error', 'The address cannot be bound.'),
} as const satisfies Record<string, ErrorRow>

/** A key of the errors table. */
export type ErrorCode = keyof typeof ERRORS

/** An error with a code of the table. */
export class GatewayError extends Error {
  readonly code: ErrorCode

  constructor(code: ErrorCode, message?: string, options?: { cause?: unknown }) {
    super(message ?? ERRORS[code].detail, options)
    this.name = 'GatewayError'
    this.code = code
  }
}

/** The problem document (RFC 9457) of an error, as JSON. `instance` is the exchange's id. */
export function problem(
  code: ErrorCode,
  instance: string,
  status: number = ERRORS[code].status,
): string {
  const { title, detail } = ERRORS[code]
  return problemOf({ status, title, detail }, instance)
}

/** The problem document of any refusal. */
export function problemOf({ status, title, detail }: Refusal, instance: string): string {
  return JSON.stringify({ type: 'about:blank', title, status, detail, instance })
}

function row(status: number, title: string, detail: string, outcome: Outcome = 'local'): ErrorRow {
  return { status, title, detail, outcome }
}
