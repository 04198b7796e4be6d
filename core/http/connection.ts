import { BlockList, isIP, isIPv6, Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { ResolvedRedirect } from '../config/resolved.ts'
import type { Client, ClientCertificate } from '../contracts/exchange.ts'
import type { RawHeaders } from '../contracts/transport.ts'
import type { ErrorCode } from '../errors.ts'
import { sourceOf } from '../stream/proxied-source.ts'
import type { Answering } from './answer.ts'
import { certificateOf, headerSafe } from './client-certificate.ts'
import { headerIn, headerLines } from './headers.ts'
import { PLAIN, type Terms } from './terms.ts'

const STATE = Symbol('sluice.connection')

type Tracked = Socket & { [STATE]?: Connection }

/** The part of an exchange that its connection may need. */
export interface Pending {
  /** Whether the whole request has been read. */
  readonly isComplete: boolean
  readonly isAnswered: boolean
  readonly isTunnel: boolean
  /** Not flowing while the rest of the request is held back, or nobody wants it yet. */
  readonly req: { readonly readableFlowing: boolean | null }
  /** The rest of the request cannot be read: answers so, or breaks off an answer under way. */
  breakOff(code: ErrorCode): void
}

/** What the gateway knows of one client connection, found once. */
export class Connection {
  /** The peer's address; IPv4 in its own form even on an IPv6 socket. */
  readonly address: string
  readonly port: number
  readonly localPort: string
  readonly isSecure: boolean
  /** False for requests that are injected: node cannot say then when an answer was delivered. */
  readonly isReal: boolean
  /** Whether the peer is a proxy whose word about the client counts. */
  readonly isTrusted: boolean
  readonly trust: Trust
  readonly certificate: ClientCertificate | undefined
  /** Header and value that tell endpoints the subject of `certificate`; empty without one. */
  readonly subjectHeader: string
  readonly subject: string
  readonly #terms: Terms
  /** Where every request of this connection is sent instead of being served. */
  readonly redirect: ResolvedRedirect | undefined
  /** How answers go out where Fastify has no part in them. */
  readonly straight: Answering
  /** Exchanges that wait for their answer here; more than one when the client pipelines. */
  inflight = 0
  /** The exchange that came last: the only one whose request may still be arriving. */
  latest: Pending | undefined = undefined
  /** Whether the event of the socket that brought the latest request is still being handled. */
  isPrompt = false
  /** Set by a refusal: what is pipelined behind it is ignored. */
  isRefused = false
  /** Requests behind the one in flight, in order. */
  readonly waiting: (() => void)[] = []
  /** Called once nothing is in flight any more. */
  whenIdle: (() => void) | undefined = undefined

  constructor(socket: Socket, trust: Trust, terms: Terms = PLAIN) {
    const source = sourceOf(socket)
    this.address = source?.address ?? plainAddress(socket.remoteAddress ?? '')
    this.port = source?.port ?? socket.remotePort ?? 0
    this.localPort = String(socket.localPort ?? 0)
    this.isReal = socket instanceof Socket
    this.isSecure = (socket as Partial<TLSSocket>).encrypted === true
    this.trust = trust
    this.isTrusted = trust.includes(this.address)
    this.certificate = this.isSecure ? certificateOf(socket) : undefined
    this.subjectHeader = this.certificate === undefined ? '' : terms.certHeader
    this.subject = headerSafe(this.certificate?.subject ?? '')
    this.#terms = terms
    this.redirect = terms.redirect
    this.straight = terms.straight
  }

  /** The connection of a socket, made on first sight. */
  static of(socket: Socket, trust: Trust, terms?: Terms): Connection {
    const tracked: Tracked = socket
    tracked[STATE] ??= new Connection(socket, trust, terms)
    return tracked[STATE]
  }

  /** The connection of a socket on which a request has come; undefined before. */
  static known(socket: Socket): Connection | undefined {
    return (socket as Tracked)[STATE]
  }

  /** Whether its listener has changed so that no further request is taken on it. */
  get isOver(): boolean {
    return this.#terms.isOver
  }

  /** Who sent a request on this connection: the peer, or whom a trusted peer names. */
  client(headers: RawHeaders): Client {
    const { address, port, isSecure, trust, certificate } = this
    if (!this.isTrusted) return { address, port, secure: isSecure, trusted: false, certificate }
    const hops = headerLines(headers, 'x-forwarded-for')
    const proto = headerIn(headers, 'x-forwarded-proto')
    // A list has the client's own first.
    const secure = proto === undefined ? isSecure : /^[ \t]*https[ \t]*(,|$)/i.test(proto)
    return { address: trust.clientOf(address, hops), port, secure, trusted: true, certificate }
  }

  /** An exchange is over. Behind the last one on this connection nothing is served any more. */
  ended(stays: boolean): void {
    this.inflight--
    if (!stays) {
      this.isRefused = true
      this.waiting.length = 0
      this.whenIdle = undefined
    }
    while (this.inflight === 0 && this.waiting.length > 0) this.waiting.shift()?.()
    if (this.inflight > 0) return
    const { whenIdle } = this
    this.whenIdle = undefined
    whenIdle?.()
  }
}

/** The CIDRs of proxies in front. */
export class Trust {
  readonly #list = new BlockList()
  readonly #isEmpty: boolean

  constructor(cidrs: readonly string[]) {
    this.#isEmpty = cidrs.length === 0
    for (const cidr of cidrs) {
      const [address = '', bits] = cidr.split('/')
      const family = isIPv6(address) ? 'ipv6' : 'ipv4'
      if (bits === undefined) this.#list.addAddress(address, family)
      else this.#list.addSubnet(address, Number(bits), family)
    }
  }

  includes(address: string): boolean {
    if (this.#isEmpty || address === '') return false
    return this.#list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')
  }

  /** The right-most address of an X-Forwarded-For list that is not a trusted proxy's. */
  clientOf(peer: string, forwardedFor: string | undefined): string {
    let client = peer
    if (forwardedFor === undefined) return client
    const hops = forwardedFor.split(',')
    for (let i = hops.length - 1; i >= 0 && this.includes(client); i--) {
      const hop = plainAddress(withoutPort((hops[i] ?? '').trim()))
      if (isIP(hop) === 0) break
      client = hop
    }
    return client
  }
}

// Some proxies write `192.0.2.1:1234` or `[2001:db8::1]:1234`.
function withoutPort(hop: string): string {
  const [, v4, v6] = /^(?:(\d+\.\d+\.\d+\.\d+):\d+|\[([^\]]+)\](?::\d+)?)$/.exec(hop) ?? []
  return v4 ?? v6 ?? hop
}

function plainAddress(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address
}
