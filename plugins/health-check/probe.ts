import type { TransportFailure } from '#core'

/** Why a check failed. */
export interface Failing {
  /** In a few words, such as `status 500`. */
  readonly cause: string
  /** Whether there was no connection: nothing of the endpoint was seen at all. */
  readonly isUnreachable: boolean
}

/** Hears how a check ended; undefined where it passed. */
export type Report = (failing: Failing | undefined) => void

/** Asks one endpoint, one check at a time, over connections of its own. */
export interface Probe {
  /** Begins a check; its report is called once, unless it is given up. */
  start(): void
  /** Gives up the check under way, whose report is not called any more; says what there was of it. */
  giveUp(): Failing
  /** Closes everything, between two checks or behind the last one. */
  close(): void
}

/** The endpoint was there and not well. */
export function unwell(cause: string): Failing {
  return { cause, isUnreachable: false }
}

/** What a failure of the network says, in a few words. */
export function failingBy({ outcome, code, cause }: TransportFailure): Failing {
  if (outcome === 'connect-failed') {
    return { cause: code === 'CONNECT_TIMEOUT' ? LATE : refusalOf(cause), isUnreachable: true }
  }
  if (outcome === 'timeout') return unwell('no answer in time')
  return unwell(codeOf(cause) === 'ECONNRESET' ? 'connection reset' : `no answer: ${told(cause)}`)
}

/** What an error says, on one short line. */
export function told(error: unknown): string {
  const text = error instanceof Error ? error.message || error.name : String(error)
  const line = text.split('\n', 1)[0] ?? ''
  return line.length > LONGEST_LINE ? `${line.slice(0, LONGEST_LINE)}…` : line
}

export const LATE = 'connect timeout'
const LONGEST_LINE = 120

const REFUSALS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset before it was there',
  ENOTFOUND: 'name not found',
  EAI_AGAIN: 'name not resolved',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'no route to the network',
}

function refusalOf(cause: unknown): string {
  return REFUSALS[codeOf(cause)] ?? `no connection: ${told(cause)}`
}

function codeOf(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  return typeof code === 'string' ? code : ''
}
