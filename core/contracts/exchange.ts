import type { CopyLimits, RequestCopy } from './copies.ts'
import type { Flow } from './flow.ts'
import type { Params } from './router.ts'
import type { RawHeaders } from './transport.ts'
import type { Upstream } from './upstream.ts'

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
  /** Every upstream that requests may be sent to by the route, in the config's order. */
  readonly upstreams: readonly string[]
}

/** Who sent the request, after proxies in front that are trusted. */
export interface Client {
  /** The right-most address that is not a trusted proxy's; never taken from an untrusted peer. */
  readonly address: string
  /** The peer's port on this connection. */
  readonly port: number
  /** Whether the client used TLS, here or, by word of a trusted proxy, in front. */
  readonly secure: boolean
  /** Whether the peer is a proxy of the listener's `trust`: its word about the client counts. */
  readonly trusted: boolean
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

/** One beginning of paths that became another, without a slash at the end; empty for none. */
export interface PrefixChange {
  /** What clients see. */
  readonly from: string
  /** What the endpoint sees. */
  readonly to: string
}

/** A request as it would go upstream now. */
export interface OutgoingHead {
  /** Path and query. */
  readonly target: string
  /**
   * What endpoints would be told, names and values in turn: the client's headers, those about the
   * client, and what plugins changed. What an upstream's own plugins add is not in it yet.
   */
  readonly headers: RawHeaders
}

/** Sees an endpoint's answer as it comes, beside the client. */
export interface AnswerWatcher {
  /**
   * The head, before plugins change it; a list of the watcher's own. Of an attempt that is made again
   * nothing is seen. False says that no more is wanted.
   */
  head(status: number, headers: RawHeaders): boolean
  /**
   * A piece of the body, whose memory is used again after the call. False says that no more is
   * wanted; as long as more is, a client that reads slowly does not hold the endpoint up.
   */
  data(chunk: Uint8Array): boolean
  /** All of it has come. */
  end(): void
}

/** The head of any answer, about to go out: its status is settled. */
export type SettledHead = Omit<AnswerHead, 'status'> & { readonly status: number }

/** An error that the gateway, or a plugin by `refuse`, answers with. */
export interface Refusal {
  /** From 400 to 599. */
  readonly status: number
  /** A few words, the same for every error of the kind. */
  readonly title: string
  /** What the client may read beyond the title. */
  readonly detail: string
}

/** What is sent in place of a problem document. The status stays that of the refusal. */
export interface Page {
  /** With the body's `content-type`. */
  readonly headers: Headers
  readonly body: string | Uint8Array
}

/** What became of an exchange, for logs and metrics. Times are ms of the monotonic clock. */
export interface Summary {
  /** The status that went out; 101 for a tunnel, 0 where the client left before any answer. */
  readonly status: number
  /** Attempts made, the first one included; 0 if no endpoint was asked. */
  readonly attempts: number
  /** Bytes of the request's body that were read; of a tunnel, all that the client sent in it. */
  readonly received: number
  /** Bytes of the answer's body that were handed to the connection; likewise of a tunnel. */
  readonly sent: number
  /** When the request's head had been read. */
  readonly startedAt: number
  /** When the answer's head was handed to the connection; 0 if none was. */
  readonly firstByteAt: number
  /** When the exchange was over; the present while it goes on. */
  readonly finishedAt: number
  /** The version of the client's request, such as `1.1`. */
  readonly version: string
  /** Whether the connection was switched to another protocol. */
  readonly isTunnel: boolean
}

/**
 * One HTTP request on its way through, whichever lane carries it. Valid until `finished` returns.
 */
export interface Exchange {
  readonly flow: Flow
  readonly route: Route
  /**
   * Names the exchange in logs and error answers. Made of the gateway's start, a random number and
   * a counter, so unique among all gateways; not a secret. `identify` replaces it.
   */
  readonly id: string
  readonly method: string
  /** Raw path and query, byte for byte as received. */
  readonly target: string
  readonly params: Params
  readonly client: Client
  /** How far it has come; complete when `finished` is called. Made anew at each reading. */
  readonly summary: Summary
  /** All headers of the request as received, names and values in turn. Not to be written to. */
  readonly rawHeaders: RawHeaders
  /** A header of the request as received; the first one if there are several lines. */
  header(name: string): string | undefined
  /** A cookie's value as received, the first of several; absent if no cookie may have it (RFC 6265). */
  cookie(name: string): string | undefined
  /** Gives the exchange another id, such as one that a trusted proxy sent. */
  identify(id: string): void
  /** Sets a header of the request that goes upstream, in place of what the client sent. */
  setHeader(name: string, value: string): void
  /** Adds a line to the request that goes upstream, beside what the client sent. */
  addHeader(name: string, value: string): void
  /** Keeps a header from going upstream. */
  removeHeader(name: string): void
  /** Keeps every cookie of a name from going upstream; the rest of the line stays, byte for byte. */
  removeCookie(name: string): void
  /**
   * Sends another path and query upstream, from now on. `target` stays what the client sent. With
   * `prefix`, places in the answer (Location, Content-Location, paths of cookies) that begin with
   * what the endpoint sees are given to the client as it knows them.
   *
   * @throws TypeError for what does not begin with exactly one slash, has a dot segment, a
   *   malformed escape, a fragment, a space, a control character, or one beyond latin1
   */
  rewrite(target: string, prefix?: PrefixChange): void
  /**
   * Sends the request as it is now to another upstream as well, once its body has come whole. The
   * copy counts there like any flow; its answer is read, up to 1 MiB, and dropped; nothing of it
   * slows or fails this exchange. Upgrades are not copied. To be called from `request`, before the body is read.
   */
  copyTo(upstream: Upstream, limits: CopyLimits): RequestCopy
  /**
   * Sends a header upstream under another name: every line of it, those of plugins included, in
   * place of what there is under that name. Nothing happens if there is no line.
   */
  renameHeader(name: string, to: string): void
  /** Sets a header of the answer, whoever answers, in place of the endpoint's. */
  setAnswerHeader(name: string, value: string): void
  /** Adds a line to the answer, beside the endpoint's. */
  addAnswerHeader(name: string, value: string): void
  /** The request as it would go upstream now. Made anew at each call. */
  outgoingHead(): OutgoingHead
  /**
   * Has `watcher` see what an endpoint will answer, in place of one that was to see it before. An
   * exchange that is over without `end` had no whole answer.
   */
  watchAnswer(watcher: AnswerWatcher): void
  /**
   * Answers with what an endpoint answered another exchange: as `reply` does, but plugins that change
   * answers of endpoints (`response`) change this one too. The chain stops.
   * @throws GatewayError `ALREADY_ANSWERED` when an answer has begun
   */
  relay(status: number, headers: RawHeaders, body: Uint8Array): void
  /**
   * Answers in place of an endpoint; the chain stops.
   * @throws GatewayError `ALREADY_ANSWERED` when an answer has begun
   */
  reply(status: number, headers?: Headers, body?: AnswerBody): void
  /**
   * Answers with an error: a problem document, or a page that a plugin has for it; the chain stops.
   * `status` is from 400 to 599, `detail` a sentence that the client may read.
   * @throws GatewayError `ALREADY_ANSWERED` when an answer has begun
   */
  refuse(status: number, detail: string, headers?: Headers): void
  /**
   * Says that there is nowhere to send the request, and that asking again makes sense in
   * `retryAfterMs`. To be called from `request`. The route's `fallback` stands in: an answer goes out
   * at once; before another upstream takes it, the rest of the route's chain runs. Without one it is
   * `refuse` with 503 and Retry-After.
   * @throws GatewayError `ALREADY_ANSWERED` when an answer has begun
   */
  unavailable(detail: string, retryAfterMs: number): void
}
