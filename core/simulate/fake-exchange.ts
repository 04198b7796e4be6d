import type { AnswerBody, Client, Exchange, Headers, Route } from '../contracts/exchange.ts'
import type { Context, ContextKey, Flow } from '../contracts/flow.ts'
import type { Params } from '../contracts/router.ts'
import type { Upstream } from '../contracts/upstream.ts'

/** What a plugin under test sees, and what it did. */
export interface FakeExchange extends Exchange {
  /** What goes upstream: the request's headers as the plugin left them, by lower-case name. */
  readonly outgoing: ReadonlyMap<string, string>
  /** What the plugin set or added for the answer, by lower-case name. */
  readonly answerHeaders: ReadonlyMap<string, readonly string[]>
  /** What the plugin replied; undefined when it did not. */
  readonly replied: { status: number; headers: Headers; body: AnswerBody } | undefined
}

/** The parts of a request that a test cares about. */
export interface FakeExchangeOptions {
  method?: string
  target?: string
  headers?: Readonly<Record<string, string>>
  params?: Params
  client?: Partial<Client>
  route?: Partial<Route>
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
  let replied: FakeExchange['replied']
  return {
    flow: fakeFlow(),
    route: { id: '/', path: '/', ...options.route },
    id: 'fake-1',
    method: options.method ?? 'GET',
    target: options.target ?? '/',
    params: options.params ?? {},
    client: {
      address: '192.0.2.1',
      port: 50_000,
      secure: false,
      certificate: undefined,
      ...options.client,
    },
    outgoing,
    answerHeaders,
    get replied() {
      return replied
    },
    header: (name) => received.get(name.toLowerCase()),
    setHeader: (name, value) => outgoing.set(name.toLowerCase(), value),
    removeHeader: (name) => outgoing.delete(name.toLowerCase()),
    setAnswerHeader: (name, value) => answerHeaders.set(name.toLowerCase(), [value]),
    addAnswerHeader(name, value) {
      const before = answerHeaders.get(name.toLowerCase()) ?? []
      answerHeaders.set(name.toLowerCase(), [...before, value])
    },
    reply(status, headers = {}, body = '') {
      if (replied !== undefined) throw new Error('an answer has already begun')
      replied = { status, headers, body }
    },
  }
}

function fakeFlow(): Flow {
  const values = new Map<ContextKey<unknown>, unknown>()
  const context: Context = {
    get: <T>(key: ContextKey<T>) => values.get(key) as T | undefined,
    set: (key, value) => values.set(key, value),
  }
  return {
    upstream: emptyUpstream,
    key: 0,
    prefer: undefined,
    avoid: undefined,
    context,
    attempt: 0,
    endpoint: undefined,
    startedAt: 0,
    answeredAt: 0,
  }
}

const emptyUpstream: Upstream = {
  name: 'fake',
  endpoints: [],
  hold: (endpoint, reason) => ({ endpoint, reason, release() {} }),
  weigh() {},
  observe: () => () => {},
  watch: () => () => {},
}

function lowered(headers: Readonly<Record<string, string>>): Map<string, string> {
  return new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
}
