/** What an endpoint sends in place of a good answer, and what must come of it. */
export interface RawAnswer {
  readonly name: string
  readonly why: string
  /** latin1. */
  readonly bytes: string
  readonly expect: Expected
  /** The method of the request. */
  readonly method: string
  /** What becomes of the endpoint's connection behind the bytes. */
  readonly ending: 'stays' | 'ends' | 'resets'
  /** Whether the connection has carried a good answer before. */
  readonly isUsed: boolean
  /** Whether the answer comes before the request's body is whole. */
  readonly isEarly: boolean
}

/** An answer of the gateway's own, the endpoint's, or a connection that is cut within it. */
export type Expected =
  | 'cut'
  | { readonly status: 502 }
  | {
      readonly status: number
      readonly body: string
      /** By lower-case name; undefined for none. Several lines are joined by `, `. */
      readonly headers?: Readonly<Record<string, string | undefined>>
      /** Whether the endpoint's connection may carry the next request. */
      readonly reused: boolean
    }

/** Begins an answer. */
export const HEAD = 'HTTP/1.1 200 OK\r\n'
/** Begins an answer in chunks. */
export const CHUNKED = `${HEAD}Transfer-Encoding: chunked\r\n\r\n`
/** A good answer. */
export const OK = `${HEAD}Content-Length: 2\r\n\r\nok`
/** An answer that must reach nobody. */
export const STOLEN = 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nstolen'

/** Cases with one reason and one expectation. */
export interface Group {
  readonly why: string
  readonly expect: Expected
  readonly cases: readonly (readonly [name: string, bytes: string, more?: Partial<RawAnswer>])[]
}

/** The gateway answers that there was no valid answer. */
export const BAD = { status: 502 } as const satisfies Expected
/** The answer goes on, and the connection carries the next request. */
export const WHOLE = { status: 200, body: 'ok', reused: true } as const satisfies Expected
/** The answer goes on, and the connection ends. */
export const WHOLE_AND_OVER = { status: 200, body: 'ok', reused: false } as const satisfies Expected
/** The client is cut off within the answer. */
export const CUT = 'cut' as const satisfies Expected
