import type { Flow } from './flow.ts'
import type { Params } from './router.ts'
import type { RawHeaders } from './transport.ts'

/** Headers of an answer. A list stands for several lines of one name. */
export type Headers = Readonly<Record<string, string | readonly string[]>>

/** A piece of text, bytes, or bytes that come. */
export type AnswerBody = string | Uint8Array | AsyncIterable<Uint8Array>

/** A route, as plugins see it. */
export interface Route {
  /** Its `name` in the config, else methods, host and path. The label for logs and metrics. */
  readonly id: string
  /** The `path` as written, such as `/users/:id`. */
  readonly path: string
}

/** Who sent the request, after proxies in front that are trusted. */
export interface Client {
  /** The right-most address that is not a trusted proxy's; never taken from an untrusted peer. */
  readonly address: string
  /** The peer's port on this connection. */
  readonly port: number
  /** Whether the client used TLS, here or, by word of a trusted proxy, in front. */
  readonly secure: boolean
  /**
   * The certificate that the peer of this connection proved to own, if the listener's `clientCa`
   * verifies it; never taken from a header. Undefined without one.
   */
  readonly certificate: ClientCertificate | undefined
}

/** A verified certificate of a client. */
export interface ClientCertificate {
  /** The distinguished name as RFC 4514 writes it, such as `CN=billing,O=Example`. */
  readonly subject: string
  /** The name of whoever signed it, likewise. */
  readonly issuer: string
  /** The alternative names, such as `DNS:billing.example.com` or `URI:spiffe://example.com/billing`. */
  readonly names: readonly string[]
  /** SHA-256 of the certificate, in hexadecimal with colons. */
  readonly fingerprint256: string
}

/** The head of the endpoint's answer. Header names are in any case when read, as given when set. */
export interface AnswerHead {
  status: number
  header(name: string): string | undefined
  setHeader(name: string, value: string): void
  addHeader(name: string, value: string): void
  removeHeader(name: string): void
  /** All headers, hop-by-hop ones left out: names and values in turn. */
  readonly rawHeaders: RawHeaders
}

/**
 * One HTTP request on its way through, whichever lane carries it. Valid until `finished` returns.
 */
export interface Exchange {
  readonly flow: Flow
  readonly route: Route
  /** Names the exchange in logs and error answers; unique in this process. */
  readonly id: string
  readonly method: string
  /** Raw path and query, byte for byte as received. */
  readonly target: string
  readonly params: Params
  readonly client: Client
  /** A header of the request as received; the first one if there are several lines. */
  header(name: string): string | undefined
  /** Sets a header of the request that goes upstream, in place of what the client sent. */
  setHeader(name: string, value: string): void
  /** Keeps a header from going upstream. */
  removeHeader(name: string): void
  /** Sets a header of the answer, whoever answers, in place of the endpoint's. */
  setAnswerHeader(name: string, value: string): void
  /** Adds a line to the answer, beside the endpoint's. */
  addAnswerHeader(name: string, value: string): void
  /**
   * Answers in place of an endpoint; the chain stops.
   * @throws GatewayError `ALREADY_ANSWERED` when an answer has begun
   */
  reply(status: number, headers?: Headers, body?: AnswerBody): void
}
