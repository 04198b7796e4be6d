import type { IncomingMessage } from 'node:http'
import type { Brakes } from '../brake.ts'
import type { Client } from '../contracts/exchange.ts'
import type { Params } from '../contracts/router.ts'
import type { RawHeaders } from '../contracts/transport.ts'
import type { Connection } from './connection.ts'
import { cookieIn } from './cookies.ts'
import type { RequestHead } from './gate.ts'
import type { Generation } from './generation.ts'
import { HeaderEdits } from './header-edits.ts'
import { isFraming, meaningOf, PLAIN } from './header-names.ts'
import { headerIn, refuseFraming } from './headers.ts'
import { type Rewritten, rewritten } from './rewritten.ts'
import type { LiveRoute } from './route.ts'

let exchanges = 0

/**
 * What plugins read of a request, and what they change of it and of its answer's head. A base
 * class and no part, because plugins find these on the exchange itself, which is to stay one
 * object.
 */
export abstract class ExchangeView {
  readonly generation: Generation
  readonly connection: Connection
  readonly req: IncomingMessage
  readonly head: RequestHead
  readonly route: LiveRoute
  rewritten: Rewritten | undefined = undefined
  /** Set where plugins pace its bytes. */
  brakes: Brakes | undefined = undefined
  requestEdits: HeaderEdits | undefined = undefined
  answerEdits: HeaderEdits | undefined = undefined
  /** Names of cookies that do not go upstream. */
  hiddenCookies: string[] | undefined = undefined
  #id = ''
  #client: Client | undefined = undefined
  #params: Params | undefined = undefined

  constructor(
    generation: Generation,
    connection: Connection,
    req: IncomingMessage,
    head: RequestHead,
    route: LiveRoute,
  ) {
    this.generation = generation
    this.connection = connection
    this.req = req
    this.head = head
    this.route = route
  }

  get id(): string {
    this.#id ||= `${this.generation.host.instanceId}-${(++exchanges).toString(36)}`
    return this.#id
  }

  identify(id: string): void {
    this.#id = id
  }

  get method(): string {
    return this.req.method ?? ''
  }

  get target(): string {
    return this.head.target
  }

  get params(): Params {
    this.#params ??= this.generation.paramsOf(this.route, this.head.path)
    return this.#params
  }

  get client(): Client {
    this.#client ??= this.connection.client(this.req.rawHeaders)
    return this.#client
  }

  get rawHeaders(): RawHeaders {
    return this.req.rawHeaders
  }

  header(name: string): string | undefined {
    // The host that was routed: a target in absolute form may name another than the Host line.
    if (name.length === 4 && name.toLowerCase() === 'host') return this.head.host || undefined
    return headerIn(this.req.rawHeaders, name)
  }

  cookie(name: string): string | undefined {
    return cookieIn(this.req.rawHeaders, name)
  }

  removeCookie(name: string): void {
    if (this.hiddenCookies === undefined) this.hiddenCookies = [name]
    else if (!this.hiddenCookies.includes(name)) this.hiddenCookies.push(name)
  }

  setHeader(name: string, value: string): void {
    refuseFraming(name)
    this.requestEdits ??= new HeaderEdits()
    this.requestEdits.set(name, value)
  }

  addHeader(name: string, value: string): void {
    refuseFraming(name)
    this.requestEdits ??= new HeaderEdits()
    this.requestEdits.add(name, value)
  }

  removeHeader(name: string): void {
    // Not sent on in any case, or needed to tell where the body ends.
    if (isFraming(name)) return
    this.requestEdits ??= new HeaderEdits()
    this.requestEdits.remove(name)
  }

  renameHeader(name: string, to: string): void {
    refuseFraming(name)
    refuseFraming(to)
    this.requestEdits ??= new HeaderEdits()
    // What would not go upstream under its own name does not under another.
    const isKept = meaningOf(name) === PLAIN || this.connection.isTrusted
    this.requestEdits.rename(isKept ? this.req.rawHeaders : [], name, to)
  }

  setAnswerHeader(name: string, value: string): void {
    this.answerEdits ??= new HeaderEdits()
    this.answerEdits.set(name, value)
  }

  addAnswerHeader(name: string, value: string): void {
    this.answerEdits ??= new HeaderEdits()
    this.answerEdits.add(name, value)
  }

  rewrite(target: string, prefix?: Rewritten['prefix']): void {
    this.rewritten = rewritten(target, prefix)
  }
}
