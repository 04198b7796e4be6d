import type { IncomingMessage } from 'node:http'
import type { RawHeaders } from '../contracts/transport.ts'
import type { Connection } from './connection.ts'
import type { RequestHead } from './gate.ts'
import { HeaderEdits } from './header-edits.ts'
import { isFraming, meaningOf, PLAIN } from './header-names.ts'
import { headerIn, refuseFraming } from './headers.ts'

/**
 * The headers of an exchange. A base class and no part, because plugins find these methods on the
 * exchange itself, which is to stay one object.
 */
export abstract class ExchangeHeaders {
  readonly connection: Connection
  readonly req: IncomingMessage
  readonly head: RequestHead
  requestEdits: HeaderEdits | undefined = undefined
  answerEdits: HeaderEdits | undefined = undefined

  constructor(connection: Connection, req: IncomingMessage, head: RequestHead) {
    this.connection = connection
    this.req = req
    this.head = head
  }

  get rawHeaders(): RawHeaders {
    return this.req.rawHeaders
  }

  header(name: string): string | undefined {
    // The host that was routed: a target in absolute form may name another than the Host line.
    if (name.length === 4 && name.toLowerCase() === 'host') return this.head.host || undefined
    return headerIn(this.req.rawHeaders, name)
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
}
