import type { CopyLimits, RequestCopy } from '../contracts/copies.ts'
import type {
  AnswerBody,
  AnswerWatcher,
  Client,
  Exchange,
  Headers,
  PrefixChange,
  Route,
  Summary,
} from '../contracts/exchange.ts'
import type { Outcome } from '../contracts/flow.ts'
import type { Params } from '../contracts/router.ts'
import type { RawHeaders } from '../contracts/transport.ts'
import type { Upstream } from '../contracts/upstream.ts'
import { cookieValue, withoutCookie } from '../http/cookies.ts'
import { retryAfter } from '../http/retry-after.ts'
import { rewritten } from '../http/rewritten.ts'
import { fakeFlow } from './fake-flow.ts'

/** What a plugin under test sees, and what it did. */
export interface FakeExchange extends Exchange {
  /**
   * What goes upstream: the request's headers as the plugin left them, by lower-case name, several
   * lines joined by `, `.
   */
  readonly outgoing: ReadonlyMap<string, string>
  /** What the plugin rewrote the target to; undefined when it did not. */
  readonly rewritten: { target: string; prefix: PrefixChange | undefined } | undefined
  /** The copies that the plugin asked for; each stays under way until it is aborted. */
  readonly copies: readonly { upstream: Upstream; limits: CopyLimits }[]
  /** What the plugin set or added for the answer, by lower-case name. */
  readonly answerHeaders: ReadonlyMap<string, readonly string[]>
  /** What the plugin replied; undefined when it did not. */
  readonly replied: { status: number; headers: Headers; body: AnswerBody } | undefined
  /** What watches the answer; undefined for nothing. */
  readonly watcher: AnswerWatcher | undefined
  /** What the plugin relayed of another exchange's answer; undefined when it did not. */
  readonly relayed: { status: number; headers: RawHeaders; body: Uint8Array } | undefined
  /** What the plugin refused with; undefined when it did not. */
  readonly refused: { status: number; detail: string; headers: Headers } | undefined
}

/** The parts of a request that a test cares about. */
export interface FakeExchangeOptions {
  method?: string
  target?: string
  headers?: Readonly<Record<string, string>>
  params?: Params
  client?: Partial<Client>
  route?: Partial<Route>
  summary?: Partial<Summary>
}

/**
 * An exchange without a lane: for running one plugin by itself.
 *
 * @example
 * const exchange = fakeExchange({ headers: { authorization: 'Bearer x' } })
 * plugin.request?.(exchange)
 * assert.equal(exchange.replied?.status, 401)
 */
export function fakeExchange(options: FakeExchangeOptions = {}): FakeExchange {
  const received = lowered(options.headers ?? {})
  const outgoing = new Map(received)
  const answerHeaders = new Map<string, string[]>()
  const copies: { upstream: Upstream; limits: CopyLimits }[] = []
  let replied: FakeExchange['replied']
  let written: FakeExchange['rewritten']
  let refused: FakeExchange['refused']
  let relayed: FakeExchange['relayed']
  let watcher: AnswerWatcher | undefined
  let id = 'fake-1'
  const begin = (): void => {
    if (replied ?? refused ?? relayed) throw new Error('an answer has begun')
  }
  return {
    flow: fakeFlow(),
    route: { id: '/', path: '/', upstreams: [], ...options.route },
    get id() {
      return id
    },
    method: options.method ?? 'GET',
    target: options.target ?? '/',
    params: options.params ?? {},
    client: {
      address: '192.0.2.1',
      port: 50_000,
      secure: false,
      trusted: false,
      certificate: undefined,
      ...options.client,
    },
    summary: { ...NOTHING_YET, ...options.summary },
    rawHeaders: Object.entries(options.headers ?? {}).flat(),
    outgoing,
    answerHeaders,
    copies,
    get rewritten() {
      return written
    },
    get watcher() {
      return watcher
    },
    get relayed() {
      return relayed
    },
    get replied() {
      return replied
    },
    get refused() {
      return refused
    },
    identify(given) {
      id = given
    },
    header: (name) => received.get(name.toLowerCase()),
    setHeader: (name, value) => outgoing.set(name.toLowerCase(), value),
    addHeader(name, value) {
      const before = outgoing.get(name.toLowerCase())
      outgoing.set(name.toLowerCase(), before === undefined ? value : `${before}, ${value}`)
    },
    cookie: (name) => cookieValue(received.get('cookie') ?? '', name),
    removeHeader: (name) => outgoing.delete(name.toLowerCase()),
    removeCookie(name) {
      outgoing.set('cookie', withoutCookie(outgoing.get('cookie') ?? '', name))
      if (outgoing.get('cookie') === '') outgoing.delete('cookie')
    },
    rewrite(target, prefix) {
      written = rewritten(target, prefix)
    },
    copyTo(upstream, limits) {
      copies.push({ upstream, limits })
      return new FakeCopy(limits)
    },
    renameHeader(name, to) {
      const value = outgoing.get(name.toLowerCase())
      if (value === undefined) return
      outgoing.delete(name.toLowerCase())
      outgoing.set(to.toLowerCase(), value)
    },
    setAnswerHeader: (name, value) => answerHeaders.set(name.toLowerCase(), [value]),
    addAnswerHeader(name, value) {
      const before = answerHeaders.get(name.toLowerCase()) ?? []
      answerHeaders.set(name.toLowerCase(), [...before, value])
    },
    outgoingHead: () => ({
      target: written?.target ?? options.target ?? '/',
      headers: [...outgoing].flat(),
    }),
    watchAnswer(given) {
      watcher = given
    },
    relay(status, headers, body) {
      begin()
      relayed = { status, headers, body }
    },
    reply(status, headers = {}, body = '') {
      begin()
      replied = { status, headers, body }
    },
    refuse(status, detail, headers = {}) {
      begin()
      refused = { status, detail, headers }
    },
    unavailable(detail, retryAfterMs) {
      begin()
      refused = { status: 503, detail, headers: { 'retry-after': retryAfter(retryAfterMs) } }
    },
  }
}

class FakeCopy implements RequestCopy {
  readonly #limits: CopyLimits
  outcome: Outcome | undefined = undefined
  isOver = false

  constructor(limits: CopyLimits) {
    this.#limits = limits
  }

  abort(): void {
    if (this.isOver) return
    this.isOver = true
    this.outcome = 'local'
    this.#limits.finished?.(this)
  }
}

const NOTHING_YET: Summary = {
  status: 0,
  attempts: 0,
  received: 0,
  sent: 0,
  startedAt: 0,
  firstByteAt: 0,
  finishedAt: 0,
  version: '1.1',
  isTunnel: false,
}

function lowered(headers: Readonly<Record<string, string>>): Map<string, string> {
  return new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
}
