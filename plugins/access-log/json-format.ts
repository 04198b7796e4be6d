import { type Exchange, IDENTITY, type Outcome, type Summary } from '#core'
import type { Format } from './format.ts'
import { REDACTED, type Redaction } from './redaction.ts'
import type { Timestamps } from './timestamps.ts'

interface LoggedHeader {
  readonly name: string
  /** `"name":`, quoted once. */
  readonly key: string
  readonly isSecret: boolean
}

/** One JSON object a line. Built by hand: `JSON.stringify` of it takes several times as long. */
export class JsonFormat implements Format {
  readonly #redaction: Redaction
  readonly #times: Timestamps
  readonly #headers: readonly LoggedHeader[]

  constructor(redaction: Redaction, times: Timestamps, headers: readonly string[]) {
    this.#redaction = redaction
    this.#times = times
    this.#headers = headers.map((header) => {
      const name = header.toLowerCase()
      return { name, key: `${quoted(name)}:`, isSecret: redaction.isSecret(name) }
    })
  }

  line(exchange: Exchange, summary: Summary, outcome: Outcome, wall: number): string {
    const { client, flow } = exchange
    const userAgent = exchange.header('user-agent')
    const referer = exchange.header('referer')
    const { endpoint } = flow
    // Of a route that answers by itself, and of no route, the upstream is one without a name.
    const { name } = flow.upstream
    let line = `{"time":"${this.#times.iso(wall)}","id":${quoted(exchange.id)}`
    line += `,"route":${quoted(exchange.route.id)}`
    line += `,"upstream":${name === '' ? 'null' : quoted(name)}`
    line += `,"endpoint":${endpoint === undefined ? 'null' : quoted(endpoint.id)}`
    const user = flow.context.get(IDENTITY)?.subject
    line += `,"client":${quoted(client.address)}`
    line += `,"user":${user === undefined ? 'null' : quoted(user)},"method":${quoted(exchange.method)}`
    line += `,"host":${quoted(exchange.header('host') ?? '')}`
    line += `,"path":${quoted(this.#redaction.url(exchange.target))}`
    line += `,"version":${quoted(summary.version)},"status":${summary.status}`
    line += `,"outcome":"${outcome}","attempts":${summary.attempts}`
    line += `,"bytesIn":${summary.received},"bytesOut":${summary.sent}`
    line += `,"firstByteMs":${since(summary.startedAt, summary.firstByteAt)}`
    line += `,"lastByteMs":${since(summary.startedAt, summary.finishedAt)}`
    line += `,"tunnel":${summary.isTunnel}`
    if (userAgent !== undefined) line += `,"userAgent":${quoted(userAgent)}`
    if (referer !== undefined) line += `,"referer":${quoted(this.#redaction.url(referer))}`
    if (this.#headers.length > 0) line += `,"headers":{${this.#chosen(exchange)}}`
    return `${line}}\n`
  }

  #chosen(exchange: Exchange): string {
    let fields = ''
    for (const { name, key, isSecret } of this.#headers) {
      const value = exchange.header(name)
      if (value === undefined) continue
      fields += fields === '' ? key : `,${key}`
      fields += isSecret ? `"${REDACTED}"` : quoted(value)
    }
    return fields
  }
}

/** Elapsed ms to a thousandth; null where there was no such moment. */
function since(start: number, moment: number): string {
  if (moment === 0) return 'null'
  // Two integers: the shortest text of a fraction takes longer to find than to write.
  const micros = Math.round((moment - start) * 1_000)
  const rest = micros % 1_000
  return `${(micros - rest) / 1_000}.${rest < 10 ? '00' : rest < 100 ? '0' : ''}${rest}`
}

const PLAIN = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/
const CONTROLS = /[\x7f-\x9f\u2028\u2029]/g

function quoted(text: string): string {
  if (PLAIN.test(text)) return `"${text}"`
  // Those that JSON lets pass and terminals obey or viewers take for the end of a line.
  return JSON.stringify(text).replace(CONTROLS, (control) => {
    return `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}
