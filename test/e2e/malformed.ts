/** A request that must be refused before an endpoint takes it for a whole one. */
export interface Malformed {
  readonly name: string
  /** What goes wrong where it is not refused. */
  readonly why: string
  /** latin1. */
  readonly bytes: string
  readonly status: number
}

/** Cases that are refused for one reason: a name, bytes, and a status that is 400 unless it says more. */
export interface Group {
  readonly what: string
  readonly why: string
  readonly cases: readonly (readonly [name: string, bytes: string, status?: number])[]
}

export type Groups = readonly Group[]

export function malformed(groups: Groups): Malformed[] {
  return groups.flatMap(({ what, why, cases }) =>
    cases.map(([name, bytes, status = 400]) => ({ name: `${what}: ${name}`, why, bytes, status })),
  )
}

/** A body in chunks that is empty. */
export const EMPTY_CHUNKED = '0\r\n\r\n'

/** A GET with further lines in its head. */
export function withLines(...lines: readonly string[]): string {
  return `GET /refused HTTP/1.1\r\nHost: a.test\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`
}

/** A GET of a target. */
export function withTarget(target: string): string {
  return `GET ${target} HTTP/1.1\r\nHost: a.test\r\n\r\n`
}

/** A GET with a Host. */
export function withHost(host: string): string {
  return `GET /refused HTTP/1.1\r\nHost: ${host}\r\n\r\n`
}

/** A request with a first line. */
export function firstLine(line: string): string {
  return `${line}\r\nHost: a.test\r\n\r\n`
}
