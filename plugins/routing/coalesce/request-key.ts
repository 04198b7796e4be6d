import type { Exchange } from '#core'

/** Who asks, as far as it is anybody in particular: not shared unless the key names it. */
const CREDENTIALS = ['authorization', 'cookie', 'proxy-authorization']

/** They ask for a part, for something only if it changed, for a fresh answer, or send something. */
const OF_ONES_OWN = [
  ...['range', 'if-range', 'if-match', 'if-none-match', 'if-modified-since'],
  ...['if-unmodified-since', 'content-length', 'transfer-encoding', 'expect', 'upgrade'],
]

/**
 * What says nothing of the answer, or what an answer that depends on it names in its Vary. Anything
 * else does make a difference, since a header that nobody knows may be a credential.
 */
const INDIFFERENT = [
  ...['user-agent', 'referer', 'dnt', 'priority', 'upgrade-insecure-requests'],
  ...['cache-control', 'pragma', 'te', 'via', 'forwarded', 'x-forwarded-for', 'x-forwarded-port'],
  ...['x-real-ip', 'x-request-id', 'x-correlation-id', 'x-amzn-trace-id', 'x-cloud-trace-context'],
  ...['traceparent', 'tracestate', 'baggage', 'b3', 'date', 'sec-gpc'],
  ...['sec-fetch-dest', 'sec-fetch-mode', 'sec-fetch-site', 'sec-fetch-user'],
]

/** Decides whether two requests are the same one. */
export class RequestKey {
  readonly #refused: readonly string[]
  readonly #ignored: ReadonlySet<string>

  constructor(headers: readonly string[], ignore: readonly string[]) {
    const named = new Set(headers.map((name) => name.toLowerCase()))
    this.#refused = [...OF_ONES_OWN, ...CREDENTIALS.filter((name) => !named.has(name))]
    const ignored = new Set([...INDIFFERENT, ...ignore.map((name) => name.toLowerCase())])
    // What the key names counts, and so does whoever asks, whatever else is said.
    for (const name of [...named, ...CREDENTIALS]) ignored.delete(name)
    this.#ignored = ignored
  }

  /** The key of a request; undefined for one that is not shared. */
  of(exchange: Exchange): string | undefined {
    if (exchange.method !== 'GET' || wantsFresh(exchange)) return undefined
    for (const name of this.#refused) if (exchange.header(name) !== undefined) return undefined
    const { target, headers } = exchange.outgoingHead()
    const lines: [name: string, value: string][] = []
    for (let at = 0; at < headers.length; at += 2) {
      const name = (headers[at] as string).toLowerCase()
      // A plugin may have set one on the way: then it is not the client's alone to say.
      if (this.#refused.includes(name)) return undefined
      if (!this.#ignored.has(name)) lines.push([name, headers[at + 1] as string])
    }
    lines.sort(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0))
    const { certificate } = exchange.client
    const parts = [exchange.flow.upstream.name, target, certificate?.fingerprint256 ?? null, lines]
    return JSON.stringify(parts)
  }
}

function wantsFresh(exchange: Exchange): boolean {
  const asked = exchange.header('cache-control') ?? exchange.header('pragma')
  return asked !== undefined && /no-cache|no-store/i.test(asked)
}
