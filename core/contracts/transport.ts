import type { Duplex, Readable } from 'node:stream'
import type { Outcome } from './flow.ts'

/** Header names and values in turn, as they came over the wire. */
export type RawHeaders = string[]

/** The version of HTTP that an endpoint is spoken to in: 1.1 or 2. */
export type Protocol = 'h1' | 'h2'

/** Why an attempt got no complete answer. */
export interface TransportFailure {
  readonly outcome: Extract<Outcome, 'upstream-error' | 'timeout' | 'connect-failed'>
  /** A key of the errors table. */
  readonly code: 'ENDPOINT_FAILED' | 'ENDPOINT_UNREACHABLE' | 'ENDPOINT_TIMEOUT' | 'CONNECT_TIMEOUT'
  readonly cause: unknown
  /** How much of the request may have reached the endpoint; `nothing` is certain. */
  readonly sent: Sent
  /**
   * Whether the connection had carried a request before and gave no byte of an answer to this one:
   * most likely the endpoint was closing it.
   */
  readonly reused: boolean
}

/** How much of a request may have reached an endpoint. */
export type Sent = 'nothing' | 'part' | 'all'

/** One request to one endpoint. */
export interface OutgoingRequest {
  readonly method: string
  /** Path and query, byte for byte. */
  readonly target: string
  readonly headers: RawHeaders
  /** A stream is destroyed once the call is over; one that breaks off ends the call in silence. */
  readonly body: Readable | Uint8Array | null
  /** The protocol to upgrade to; undefined for an ordinary request. */
  readonly upgrade: string | undefined
  /** Whether it must go out on a connection that has carried no request yet. */
  readonly fresh: boolean
  /**
   * Whether it is sent within the event of the socket that brought it. The end of a connection that
   * is seen in the same turn of the event loop had arrived before it was sent, then.
   */
  readonly prompt: boolean
}

/** Receives one answer. After `end`, `upgraded` or `failed` nothing more is called. */
export interface AnswerSink {
  /** The final head; informational answers are left out. */
  head(status: number, statusText: string, headers: RawHeaders): void
  /** A piece of the body, no transfer coding left; false asks for a pause until `resume`. */
  data(chunk: Buffer): boolean
  /** The whole answer has come. */
  end(trailers: RawHeaders): void
  /** The endpoint switched protocols: the socket is the caller's from now on. */
  upgraded(statusText: string, headers: RawHeaders, socket: Duplex): void
  failed(failure: TransportFailure): void
}

/** A request under way. */
export interface Call {
  /** Ends it now and frees the connection; the sink hears nothing more. */
  abort(): void
  /** Goes on after `data` returned false. */
  resume(): void
  /**
   * Says, before `data` returns, that nobody needs the piece it was given any more: its memory may
   * be filled again. Optional; saying it too early corrupts bodies.
   */
  recycle(): void
}

/** Connections to one endpoint. */
export interface EndpointClient {
  /** What is spoken on them; HTTP/1.1 where it does not say. */
  readonly protocol?: Protocol
  send(request: OutgoingRequest, sink: AnswerSink): Call
  /** Closes what is idle now and the rest as it becomes idle. */
  close(): void
  /** Closes everything now. */
  destroy(): void
}

/** How to reach one endpoint. */
export interface EndpointTarget {
  /** Scheme, host and port. */
  readonly url: string
  readonly connectTimeoutMs: number
  /** From the request's last byte to the answer's first one. */
  readonly responseTimeoutMs: number
  /** Between two pieces of a body, either way. */
  readonly idleTimeoutMs: number
  readonly protocol: Protocol
  /** Which PROXY header a connection of layer 4 begins with; none where it is left out. */
  readonly proxyProtocol?: 'v1' | 'v2'
  readonly tls: {
    /** PEM certificates to trust in place of the system's; empty means the system's. */
    readonly ca: string
    /** The certificates and the private key to show to the endpoint, in PEM; empty for none. */
    readonly cert: string
    readonly key: string
    /** The name to verify and to ask for; empty means the URL's host. */
    readonly servername: string
    readonly insecure: boolean
  }
  readonly connections: {
    /** So many connections may wait for their next request. */
    readonly maxIdle: number
    /** For so long, in ms; 0 for no limit. Less where the endpoint says so (`Keep-Alive`). */
    readonly idleMs: number
  }
}

/** A small request of a plugin's own: a health check, a key set, an authorization. */
export interface TransportRequest {
  readonly url: string
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  /** The whole exchange, in ms. */
  readonly timeoutMs: number
  /** The answer's body is refused beyond this. 1 MiB by default. */
  readonly maxBytes?: number
  /** How TLS verifies the server; the system's authorities and the URL's host where it does not say. */
  readonly tls?: {
    /** PEM certificates to trust in place of the system's; empty means the system's. */
    readonly ca?: string
    /** The name to verify and to ask for; empty means the URL's host. */
    readonly servername?: string
  }
}

/** Its answer, complete. Header names are in lower case; repeated ones are joined by `, `. */
export interface TransportAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** The lines of Set-Cookie, which no comma can join. */
  readonly cookies: readonly string[]
  readonly body: Uint8Array
}

/** Hears one connection. After `ended` nothing more is called. */
export interface ConnectionSink {
  /** Bytes can be sent: the connection is there, and TLS on it where the URL says https. */
  connected(): void
  data(chunk: Uint8Array): void
  /** The connection is over: the endpoint closed it (no failure), or it was lost or never came. */
  ended(failure: TransportFailure | undefined): void
}

/** One connection to an endpoint, for a protocol of the caller's own. */
export interface Connection {
  write(bytes: string | Uint8Array): void
  /** Closes it now; its sink hears nothing more. */
  destroy(): void
}

/** How the gateway and its plugins reach the network; bound to TRANSPORT. */
export interface Transport {
  /** Opens the connections that forwarded exchanges use; connects when first needed. */
  open(target: EndpointTarget): EndpointClient
  /**
   * Opens one connection of bytes. Of the target's times only `connectTimeoutMs` counts; 0 is no
   * limit, as for every time of a target.
   */
  connect(target: EndpointTarget, sink: ConnectionSink): Connection
  /**
   * Sends one request and reads its whole answer. Redirects are not followed.
   * @throws when there is no complete answer in time
   */
  request(request: TransportRequest): Promise<TransportAnswer>
  /** Frees what `request` kept open. */
  close(): Promise<void>
}
