import type { AnswerHead } from '../contracts/exchange.ts'
import type { RawHeaders } from '../contracts/transport.ts'
import { check } from './header-edits.ts'
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
    const lower = name.toLowerCase()
    const raw = this.rawHeaders
    for (let i = raw.length - 2; i >= 0; i -= 2) {
      if (raw[i]?.toLowerCase() === lower) raw.splice(i, 2)
    }
  }
}
