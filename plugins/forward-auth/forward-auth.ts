import {
  type Clock,
  type Exchange,
  IDENTITY,
  type Logger,
  type Plugin,
  Recent,
  type Transport,
} from '#core'
import type { ForwardAuthOptions } from './options.ts'
import { ASKING, Question } from './question.ts'
import { type Verdict, Verdicts } from './verdict.ts'

// A page that says why somebody is not let in; what is larger is no such page.
const MOST_BYTES = 65_536
const TOLD_EVERY_MS = 10_000

type LetIn = Extract<Verdict, { kind: 'in' }>

interface Remembered {
  readonly verdict: LetIn
  readonly until: number
}

/** Lets a service decide who may come in. */
export class ForwardAuth implements Plugin {
  readonly identity: readonly string[]
  readonly #options: ForwardAuthOptions
  readonly #clock: Clock
  readonly #log: Logger
  readonly #transport: Transport
  readonly #question: Question
  readonly #verdicts: Verdicts
  readonly #known: Recent<Remembered>
  #toldAt = Number.NEGATIVE_INFINITY

  constructor(options: ForwardAuthOptions, clock: Clock, log: Logger, transport: Transport) {
    // What the service is to see of the client's own cannot be struck out before it is asked.
    const sent = new Set(options.send.map((name) => name.toLowerCase()))
    this.identity = options.copy.filter((name) => !sent.has(name.toLowerCase()))
    this.#options = options
    this.#clock = clock
    this.#log = log
    this.#transport = transport
    this.#question = new Question(options)
    this.#verdicts = new Verdicts(options)
    this.#known = new Recent(options.cache.max)
  }

  request(exchange: Exchange): void | Promise<void> {
    if (exchange.header(ASKING) !== undefined) {
      exchange.refuse(508, 'The service that decides about requests sent one here itself.')
      return
    }
    const told = this.#question.headers(exchange)
    if (told === undefined) {
      exchange.refuse(400, 'Several Authorization headers were sent.')
      return
    }
    const key = this.#options.cache.for > 0 ? this.#question.key(told) : ''
    const known = key === '' ? undefined : this.#known.get(key)
    if (known !== undefined && this.#clock.now() < known.until) this.#admit(exchange, known.verdict)
    else return this.#ask(exchange, told, key)
  }

  async #ask(exchange: Exchange, headers: Record<string, string>, key: string): Promise<void> {
    const verdict = await this.#verdict(headers)
    if (verdict.kind === 'out') {
      exchange.reply(verdict.status, verdict.headers, verdict.body)
      return
    }
    if (verdict.kind === 'none') {
      this.#tell(verdict.why)
      if (this.#options.onError === 'open' && verdict.isDown) {
        this.#copy(exchange, [])
        return
      }
      const detail = 'Whether this request may come in cannot be told right now.'
      exchange.refuse(503, detail, { 'retry-after': '1' })
      return
    }
    // A cookie is for one client at one moment.
    if (key !== '' && verdict.cookies.length === 0) {
      this.#known.set(key, { verdict, until: this.#clock.now() + this.#options.cache.for })
    }
    this.#admit(exchange, verdict)
  }

  async #verdict(headers: Record<string, string>): Promise<Verdict> {
    const { url, timeout: timeoutMs } = this.#options
    try {
      return this.#verdicts.of(
        await this.#transport.request({ url, headers, timeoutMs, maxBytes: MOST_BYTES }),
      )
    } catch (error: unknown) {
      const why = error instanceof Error ? error.message : String(error)
      return { kind: 'none', why, isDown: true }
    }
  }

  #admit(exchange: Exchange, { identity, values, cookies }: LetIn): void {
    if (identity !== undefined) exchange.flow.context.set(IDENTITY, identity)
    this.#copy(exchange, values)
    for (let i = 0; i < cookies.length; i++) {
      exchange.addAnswerHeader('set-cookie', cookies[i] as string)
    }
  }

  #copy(exchange: Exchange, values: readonly (string | undefined)[]): void {
    const names = this.#options.copy
    for (let i = 0; i < names.length; i++) {
      const value = values[i]
      if (value === undefined) exchange.removeHeader(names[i] as string)
      else exchange.setHeader(names[i] as string, value)
    }
  }

  #tell(why: string): void {
    const now = this.#clock.now()
    if (now - this.#toldAt < TOLD_EVERY_MS) return
    this.#toldAt = now
    this.#log.warn({ url: this.#options.url, why }, 'the service did not say who may come in')
  }
}
