import { type Exchange, IDENTITY, type Outcome, type Summary } from '#core'
import type { Format } from './format.ts'
import type { Redaction } from './redaction.ts'
import type { Timestamps } from './timestamps.ts'

// What nginx writes where the client left first; log readers know it.
const CLIENT_LEFT = 499

/** NCSA's combined format, as Apache and nginx write it. */
export class CombinedFormat implements Format {
  readonly #redaction: Redaction
  readonly #times: Timestamps

  constructor(redaction: Redaction, times: Timestamps) {
    this.#redaction = redaction
    this.#times = times
  }

  line(exchange: Exchange, summary: Summary, _outcome: Outcome, wall: number): string {
    const referer = exchange.header('referer')
    const request =
      exchange.method === ''
        ? '-'
        : `${exchange.method} ${this.#redaction.url(exchange.target)} HTTP/${summary.version}`
    const address = exchange.client.address || '-'
    const status = summary.status || CLIENT_LEFT
    const bytes = summary.sent || '-'
    const from = referer === undefined ? '-' : escaped(this.#redaction.url(referer))
    const agent = escaped(exchange.header('user-agent') ?? '-')
    const user = field(exchange.flow.context.get(IDENTITY)?.subject)
    const time = this.#times.common(wall)
    return `${escaped(address)} - ${user} [${time}] "${escaped(request)}" ${status} ${bytes} "${from}" "${agent}"\n`
  }
}

const PLAIN = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/
const EVERY_OTHER = /[^\x20\x21\x23-\x5b\x5d-\x7e]/g

/** A name as a field that ends at the next space. */
function field(name: string | undefined): string {
  return name === undefined || name === '' ? '-' : escaped(name).replaceAll(' ', '\\x20')
}

/** As Apache does it: quotes and backslashes behind a backslash, other bytes as `\xhh`. */
function escaped(text: string): string {
  if (PLAIN.test(text)) return text
  return text.replace(EVERY_OTHER, (found) => {
    if (found === '"' || found === '\\') return `\\${found}`
    const code = found.charCodeAt(0)
    if (code > 0xff) return '?'
    return `\\x${code.toString(16).padStart(2, '0')}`
  })
}
