import type { RawHeaders } from '../contracts/transport.ts'

/** The media types of gRPC, gRPC-Web among them; group 1 is the type without parameters. */
export const GRPC_TYPE = /^(application\/grpc(?:-web(?:-text)?)?(?:\+[\w.-]+)?)[ \t]*(?:;|$)/i

const UNKNOWN = 2
const UNAVAILABLE = 14

// grpc/doc/http-grpc-status-mapping.md: what a client makes of a status of HTTP without grpc-status.
const GRPC_STATUS: Readonly<Record<number, number>> = {
  400: 13, // INTERNAL
  401: 16, // UNAUTHENTICATED
  403: 7, // PERMISSION_DENIED
  404: 12, // UNIMPLEMENTED
  429: UNAVAILABLE,
  502: UNAVAILABLE,
  503: UNAVAILABLE,
  504: UNAVAILABLE,
}

/**
 * The head of a gRPC answer that has nothing else ("Trailers-Only" of the protocol), for a status
 * of HTTP. gRPC answers with 200 whatever happened.
 */
export function grpcHead(type: string, status: number, message: string): RawHeaders {
  return [
    'content-type',
    GRPC_TYPE.exec(type)?.[1] ?? 'application/grpc',
    'grpc-status',
    String(GRPC_STATUS[status] ?? UNKNOWN),
    'grpc-message',
    message.replace(/[^ -$&-~]/gu, encodeURIComponent),
  ]
}

/** Whether a value of grpc-status says that the endpoint cannot serve anybody at present. */
export function isUnavailable(grpcStatus: string | undefined): boolean {
  return grpcStatus === String(UNAVAILABLE)
}
