import type { OutgoingRequest, TransportFailure } from '../contracts/transport.ts'

/** What an error says about an attempt, apart from how far it had come. */
export type Verdict = Pick<TransportFailure, 'outcome' | 'code' | 'cause'>

/** An endpoint let a time pass. */
export class TimedOut extends Error {
  constructor(isConnected: boolean) {
    super(isConnected ? 'the endpoint is silent' : 'the endpoint does not take the connection')
  }
}

/** What a lost connection says about its endpoint. */
export function classify(cause: Error & { code?: string }, isConnected: boolean): Verdict {
  const isLate = cause instanceof TimedOut || (!isConnected && cause.code === 'ETIMEDOUT')
  if (isConnected) {
    return isLate
      ? { outcome: 'timeout', code: 'ENDPOINT_TIMEOUT', cause }
      : { outcome: 'upstream-error', code: 'ENDPOINT_FAILED', cause }
  }
  return {
    outcome: 'connect-failed',
    code: isLate ? 'CONNECT_TIMEOUT' : 'ENDPOINT_UNREACHABLE',
    cause,
  }
}

/** Whether the kernel took nothing of a request that is written in one piece. */
export function isRefusedWrite(
  error: Error & { syscall?: string },
  request: OutgoingRequest | undefined,
): boolean {
  return error.syscall === 'write' && request?.body === null
}
