import type { CopyLimits, RequestCopy } from '../contracts/copies.ts'
import type {
  Client,
  Exchange,
  Headers,
  OutgoingHead,
  Route,
  Summary,
} from '../contracts/exchange.ts'
import type { Params } from '../contracts/router.ts'
import type { RawHeaders } from '../contracts/transport.ts'
import type { Upstream } from '../contracts/upstream.ts'
import { GatewayError } from '../errors.ts'
import { cookieValue } from '../http/cookies.ts'
import { retryAfter } from '../http/retry-after.ts'
import type { ActiveFlow } from '../upstream/flow.ts'

const NO_PARAMS: Params = {}
const NO_HEADERS: RawHeaders = []

/** What an exchange asks of the request that it shows. */
interface Shown {
  readonly flow: ActiveFlow
  readonly route: Route
  readonly number: number
  readonly sender: number
  readonly method: string
  readonly target: string
  /** By lower-case name. */
  readonly headers: ReadonlyMap<string, string>
  readonly arrivedAt: number
  readonly now: number
}

/**
 * A simulated request as plugins see it: without a body, from a client whose address follows from the
 * request's key. What plugins set goes nowhere; what they answer counts.
 */
export class SimulatedExchange implements Exchange {
  readonly flow: ActiveFlow
  readonly route: Route
  readonly params = NO_PARAMS
  readonly #request: Shown
  #id = ''
  /** 0 until a plugin answers. */
  status = 0
  /** What a plugin's answer asks to wait, in ms; -1 where it asks for nothing. */
  retryAfterMs = -1

  constructor(request: Shown) {
    this.#request = request
    this.flow = request.flow
    this.route = request.route
  }

  get id(): string {
    this.#id ||= `simulated-${this.#request.number}`
    return this.#id
  }

  get method(): string {
    return this.#request.method
  }

  get target(): string {
    return this.#request.target
  }

  get rawHeaders(): RawHeaders {
    const { headers } = this.#request
    return headers.size === 0 ? NO_HEADERS : [...headers].flat()
  }

  get isAnswered(): boolean {
    return this.status > 0
  }

  get client(): Client {
    return {
      address: addressOf(this.#request.sender),
      port: 50_000,
      secure: false,
      trusted: false,
      certificate: undefined,
    }
  }

  get summary(): Summary {
    const { answeredAt, attempt } = this.flow
    return {
      status: this.status,
      attempts: attempt,
      received: 0,
      sent: 0,
      startedAt: this.#request.arrivedAt,
      firstByteAt: answeredAt,
      finishedAt: this.#request.now,
      version: '1.1',
      isTunnel: false,
    }
  }

  header(name: string): string | undefined {
    const { headers } = this.#request
    return headers.size === 0 ? undefined : headers.get(name.toLowerCase())
  }

  cookie(name: string): string | undefined {
    return cookieValue(this.header('cookie') ?? '', name)
  }

  identify(id: string): void {
    this.#id = id
  }

  setHeader(): void {}
  addHeader(): void {}
  removeHeader(): void {}
  removeCookie(): void {}
  renameHeader(): void {}
  rewrite(): void {}
  setAnswerHeader(): void {}
  addAnswerHeader(): void {}

  copyTo(_upstream: Upstream, _limits: CopyLimits): RequestCopy {
    throw new TypeError('copies of requests are not simulated')
  }

  outgoingHead(): OutgoingHead {
    return { target: this.target, headers: this.rawHeaders }
  }

  watchAnswer(): void {
    throw new TypeError('bytes of answers are not simulated')
  }

  relay(status: number): void {
    this.#answer(status)
  }

  reply(status: number, headers?: Headers): void {
    this.#answer(status, headers)
  }

  refuse(status: number, _detail: string, headers?: Headers): void {
    this.#answer(status, headers)
  }

  unavailable(_detail: string, retryAfterMs: number): void {
    this.#answer(503, { 'retry-after': retryAfter(retryAfterMs) })
  }

  #answer(status: number, headers: Headers = {}): void {
    if (this.isAnswered) throw new GatewayError('ALREADY_ANSWERED')
    this.status = status
    for (const name in headers) {
      const seconds = /^retry-after$/i.test(name) ? Number(headers[name]) : Number.NaN
      if (seconds >= 0) this.retryAfterMs = seconds * 1_000
    }
  }
}

/** One address for each key, in 10.0.0.0/8; that of documentation for requests without a key. */
function addressOf(key: number): string {
  if (key < 0) return '192.0.2.1'
  return `10.${(key >>> 16) & 255}.${(key >>> 8) & 255}.${key & 255}`
}
