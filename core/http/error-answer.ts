import type { Refusal } from '../contracts/exchange.ts'
import type { RawHeaders } from '../contracts/transport.ts'
import { problemOf } from '../errors.ts'
import { GRPC_TYPE, grpcHead } from './grpc.ts'

/** Who asked, as far as the form of an error depends on it. */
export interface Asking {
  readonly id: string
  header(name: string): string | undefined
}

/** Whether the client is one of gRPC, which reads an error in its own form alone. */
export function isGrpc(asking: Asking): boolean {
  const type = asking.header('content-type')
  return type !== undefined && GRPC_TYPE.test(type)
}

/** An error of the gateway's own in the form that its client reads: status, headers and body. */
export function errorAnswer(
  asking: Asking,
  refusal: Refusal,
  headers: RawHeaders,
): [number, RawHeaders, string] {
  const type = asking.header('content-type')
  if (type !== undefined && isGrpc(asking)) {
    return [200, [...headers, ...grpcHead(type, refusal.status, refusal.detail)], '']
  }
  headers.push('content-type', 'application/problem+json')
  return [refusal.status, headers, problemOf(refusal, asking.id)]
}
