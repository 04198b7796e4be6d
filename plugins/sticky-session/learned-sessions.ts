import { hash } from 'node:crypto'
import {
  type AnswerHead,
  type Clock,
  contextKey,
  type Endpoint,
  type Exchange,
  type Json,
  type Plugin,
  type Upstream,
} from '#core'
import { valueSet } from './cookie-text.ts'
import type { StickyOptions } from './options.ts'
import type { RedisSessions } from './redis-sessions.ts'
import { SessionTable } from './session-table.ts'
import { holdTo, refuseStrictly } from './strict.ts'

/** Where the application names a session. */
export type Learnt = { readonly cookie: string } | { readonly header: string }

/** What is known of the session that a request belongs to. */
interface Asked {
  readonly key: string
  readonly upstream: Upstream
  readonly endpoint: Endpoint
}

/** An upstream of the use. */
interface Side {
  readonly upstream: Upstream
  /** By id. */
  readonly endpoints: Map<string, Endpoint>
}

/** Null where the answer binds nobody. */
const ASKED = contextKey<Asked | null>('learned session')
const LEAST_FAILURE = 500

/**
 * Sessions that the application names itself, kept in a table: here alone, or in Redis as well, with
 * the table for when that gives no answer.
 */
export class LearnedSessions implements Plugin {
  readonly attempt?: (exchange: Exchange, endpoint: Endpoint) => void
  readonly #learn: Learnt
  readonly #isStrict: boolean
  readonly #freshMs: number
  readonly #clock: Clock
  readonly #table: SessionTable
  readonly #shared: RedisSessions | undefined
  readonly #sides = new Map<string, Side>()

  constructor(
    options: StickyOptions & { readonly learn: Learnt },
    clock: Clock,
    shared: RedisSessions | undefined,
  ) {
    this.#learn = options.learn
    this.#isStrict = options.mode === 'strict'
    this.#freshMs = options.fresh
    this.#clock = clock
    this.#table = new SessionTable(clock, options.remember, options.idle)
    this.#shared = shared
    if (this.#isStrict) {
      this.attempt = (exchange, endpoint) =>
        holdTo(exchange.flow.context.get(ASKED) ?? undefined, exchange, endpoint)
    }
  }

  upstream(upstream: Upstream): void {
    const endpoints = new Map<string, Endpoint>()
    this.#sides.set(upstream.name, { upstream, endpoints })
    upstream.watch({
      joined: (endpoint) => endpoints.set(endpoint.id, endpoint),
      left: (endpoint) => {
        if (endpoints.get(endpoint.id) === endpoint) endpoints.delete(endpoint.id)
      },
    })
    upstream.bindsSessions()
  }

  async start(): Promise<void> {
    await this.#shared?.start()
  }

  request(exchange: Exchange): void | Promise<void> {
    const name = this.#nameIn(exchange)
    if (name === undefined || name === '') return
    const { upstreams } = exchange.route
    const sides = upstreams.length > 1 ? upstreams : [exchange.flow.upstream.name]
    return this.#find(exchange, name, sides, 0)
  }

  response(exchange: Exchange, answer: AnswerHead): void {
    const { endpoint, upstream } = exchange.flow
    const side = this.#sides.get(upstream.name)
    if (side === undefined || endpoint === undefined) return
    const asked = exchange.flow.context.get(ASKED)
    if (asked === null) return
    const issued = this.#issuedBy(answer)
    if (issued === '' && asked !== undefined) this.#forget(asked.key)
    if (issued) {
      const key = keyOf(upstream.name, issued)
      // Many applications send the same cookie again with each answer.
      if (key === asked?.key && endpoint === asked.endpoint) return
      this.#bind(key, key === asked?.key ? asked.endpoint.id : '', endpoint)
      return
    }
    const isMoved = asked !== undefined && endpoint !== asked.endpoint
    if (!isMoved || issued === '' || answer.status >= LEAST_FAILURE) return
    if (side.upstream === asked.upstream) this.#bind(asked.key, asked.endpoint.id, endpoint)
    else {
      this.#forget(asked.key)
      const name = this.#nameIn(exchange)
      if (name !== undefined) this.#bind(keyOf(upstream.name, name), '', endpoint)
    }
  }

  /** What stands in for the session's endpoints is not where the session is. */
  fallback({ flow }: Exchange): void {
    flow.context.set(ASKED, null)
  }

  status(): Json {
    const redis = this.#shared === undefined ? 'none' : this.#shared.isUp ? 'up' : 'away'
    return { sessions: this.#table.size, redis }
  }

  dispose(): void {
    this.#shared?.close()
  }

  /** Looks at one side of the route after another; a promise only where Redis has to be asked. */
  #find(
    exchange: Exchange,
    name: string,
    sides: readonly string[],
    from: number,
  ): void | Promise<void> {
    for (let i = from; i < sides.length; i++) {
      const side = this.#sides.get(sides[i] as string)
      if (side === undefined) continue
      const key = keyOf(side.upstream.name, name)
      const known = this.#table.use(key)
      if (this.#shared?.isUp && !this.#isSure(known, side, exchange)) {
        return this.#ask(this.#shared, key, known?.endpoint).then((endpoint) => {
          if (this.#prefer(exchange, key, side, endpoint)) return undefined
          return this.#find(exchange, name, sides, i + 1)
        })
      }
      if (this.#prefer(exchange, key, side, known?.endpoint)) return
    }
  }

  /** Whether what is known here does for now. Who is about to go elsewhere asks where others went. */
  #isSure(
    known: { endpoint: string; confirmedAt: number } | undefined,
    side: Side,
    { flow }: Exchange,
  ): boolean {
    if (known === undefined || this.#clock.now() - known.confirmedAt >= this.#freshMs) return false
    const endpoint = side.endpoints.get(known.endpoint)
    return endpoint !== undefined && side.upstream.accepts(endpoint, flow)
  }

  async #ask(
    shared: RedisSessions,
    key: string,
    known: string | undefined,
  ): Promise<string | undefined> {
    const told = await shared.look(key)
    if (typeof told === 'string') {
      this.#table.set(key, told, true)
      return told
    }
    // Learned while Redis was away, or lost with it.
    if (told === null && known !== undefined) this.#share(shared, key, '', known)
    return known
  }

  #prefer(exchange: Exchange, key: string, side: Side, id: string | undefined): boolean {
    const endpoint = id === undefined ? undefined : side.endpoints.get(id)
    if (endpoint === undefined) return false
    const { flow } = exchange
    flow.prefer = endpoint
    flow.context.set(ASKED, { key, upstream: side.upstream, endpoint })
    if (this.#isStrict && !side.upstream.accepts(endpoint, flow)) refuseStrictly(exchange)
    return true
  }

  #bind(key: string, before: string, { id }: Endpoint): void {
    this.#table.set(key, id, false)
    if (this.#shared?.isUp) this.#share(this.#shared, key, before, id)
  }

  // Nobody waits for it: the answer is on its way, and the table knows it.
  #share(shared: RedisSessions, key: string, before: string, id: string): void {
    shared.bind(key, before, id).then((winner) => {
      if (typeof winner === 'string') this.#table.set(key, winner, true)
    })
  }

  #forget(key: string): void {
    this.#table.delete(key)
    this.#shared?.forget(key)
  }

  #nameIn(exchange: Exchange): string | undefined {
    const learn = this.#learn
    return 'cookie' in learn ? exchange.cookie(learn.cookie) : exchange.header(learn.header)
  }

  /** The session that an answer begins, '' where it ends one, undefined for neither. */
  #issuedBy(answer: AnswerHead): string | undefined {
    const learn = this.#learn
    if ('header' in learn) return answer.header(learn.header)
    const raw = answer.rawHeaders
    let issued: string | undefined
    for (let i = 0; i < raw.length; i += 2) {
      if (raw[i]?.toLowerCase() !== 'set-cookie') continue
      issued = valueSet(raw[i + 1] as string, learn.cookie, this.#clock.wall()) ?? issued
    }
    return issued
  }
}

// A digest: the name of a session is all that somebody needs to take it over, and may be long.
function keyOf(upstream: string, name: string): string {
  return hash('sha256', `${upstream}\0${name}`, 'base64url')
}
