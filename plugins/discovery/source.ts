import type { EndpointConfig } from '#core'

/** Endpoints as a source names them. */
export type Endpoints = readonly (string | EndpointConfig)[]

/** What one look at a source came to; `againMs` later it is worth another one. */
export type Sighting =
  | { readonly state: 'found'; readonly found: Found; readonly againMs: number }
  /** Nothing is new since what was accepted last. */
  | { readonly state: 'unchanged'; readonly againMs: number }
  /** It is being changed: what is there now says nothing yet. */
  | { readonly state: 'unsettled'; readonly againMs: number }

export interface Found {
  readonly endpoints: Endpoints
  /** What could not be found out, though there are endpoints; empty for nothing. */
  readonly trouble: string
  /** Called once the endpoints are in force. */
  accepted(): void
}

/** Where endpoints are read from. */
export interface Source {
  /** What it is, for logs: `the file /etc/endpoints.json`. */
  readonly name: string
  /** The wait after a first fault, in ms; it doubles up to `longestMs`. */
  readonly retryMs: number
  readonly longestMs: number
  /** @throws Error that says what is wrong with it now */
  look(): Promise<Sighting>
}
