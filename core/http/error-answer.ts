import type { RawHeaders } from '../contracts/transport.ts'
import { ERRORS, type ErrorCode, problem } from '../errors.ts'
import { GRPC_TYPE, grpcHead } from './grpc.ts'

/** Who asked, as far as the form of an error depends on it. */
export interface Asking {
  readonly id: string
  header(name: string): string | undefined
}

/** An error of the gateway's own in the form that its client reads: status, headers and body. */
export function errorAnswer(
  asking: Asking,
  code: ErrorCode,
  headers: RawHeaders,
): [number, RawHeaders, string] {
  if (code === 'OVERLOADED') headers.push('retry-after', '1')
  const type = asking.header('content-type')
  if (type !== undefined && GRPC_TYPE.test(type)) {
    const { status, detail } = ERRORS[code]
    return [200, [...headers, ...grpcHead(type, status, detail)], '']
  }
  headers.push('content-type', 'application/problem+json')
  return [ERRORS[code].status, headers, problem(code, asking.id)]
}
