import type { AnswerHead } from '../contracts/exchange.ts'
import type { RawHeaders } from '../contracts/transport.ts'
import { check, dropLines } from './header-edits.ts'
import { headerIn } from './headers.ts'

/** The head of an endpoint's answer, as plugins read and change it: a view over the raw list. */
export class AnswerHeaders implements AnswerHead {
  status: number
  readonly rawHeaders: RawHeaders

  constructor(status: number, rawHeaders: RawHeaders) {
    this.status = status
    this.rawHeaders = rawHeaders
  }

  header(name: string): string | undefined {
    return headerIn(this.rawHeaders, name)
  }

  setHeader(name: string, value: string): void {
    check(name, value)
    this.removeHeader(name)
    this.rawHeaders.push(name, value)
  }

  addHeader(name: string, value: string): void {
    check(name, value)
    this.rawHeaders.push(name, value)
  }

  removeHeader(name: string): void {
    dropLines(this.rawHeaders, name.toLowerCase())
  }
}
