import { readFile } from 'node:fs/promises'
import type { Transport } from '#core'
import { isPem } from './authority.ts'
import { endpointsIn, type Parse, parseJson } from './document.ts'
import type { Sighting, Source } from './source.ts'

export interface HttpOptions {
  readonly url: string
  readonly interval: number
  readonly maxInterval: number
  readonly headers: Readonly<Record<string, string>>
  readonly timeout: number
  readonly maxBytes: number
  readonly parse: Parse | null
  readonly tls: { readonly ca: string; readonly servername: string }
}

/** Endpoints in a document that a server keeps. */
export class HttpSource implements Source {
  readonly name: string
  readonly retryMs: number
  readonly longestMs: number
  readonly #options: HttpOptions
  readonly #transport: Transport
  readonly #parse: Parse
  /** Of the document in force; empty where it has none. */
  #etag = ''

  constructor(options: HttpOptions, transport: Transport) {
    // A query may hold a secret.
    const { origin, pathname } = new URL(options.url)
    this.name = origin + pathname
    this.retryMs = options.interval
    this.longestMs = Math.max(options.interval, options.maxInterval)
    this.#options = options
    this.#transport = transport
    this.#parse = options.parse ?? parseJson
  }

  async look(): Promise<Sighting> {
    const { interval } = this.#options
    const { status, headers, body } = await this.#ask()
    if (status === 304 && this.#etag !== '') return { state: 'unchanged', againMs: interval }
    if (status !== 200) throw new Error(`the answer's status is ${status}`)
    const endpoints = endpointsIn(await this.#parse(new TextDecoder().decode(body)))
    const accepted = (): void => {
      this.#etag = headers.etag ?? ''
    }
    return { state: 'found', found: { endpoints, trouble: '', accepted }, againMs: interval }
  }

  async #ask() {
    const { url, headers, timeout, maxBytes, tls } = this.#options
    // Read anew each time: a file of authorities may be renewed while the gateway runs.
    const ca = tls.ca === '' || isPem(tls.ca) ? tls.ca : await readFile(tls.ca, 'utf8')
    const condition = this.#etag === '' ? {} : { 'if-none-match': this.#etag }
    return this.#transport.request({
      url,
      headers: { accept: 'application/json', ...headers, ...condition },
      timeoutMs: timeout,
      maxBytes,
      tls: { ca, servername: tls.servername },
    })
  }
}
