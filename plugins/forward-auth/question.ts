import { hash } from 'node:crypto'
import type { Exchange } from '#core'
import type { ForwardAuthOptions } from './options.ts'

/** Says to the gateway that the question is its own: one that comes back to it goes round in circles. */
export const ASKING = 'x-sluice-forward-auth'

type Told = Record<string, string>

/** Makes what the service is told of a request, and knows which requests it cannot tell apart. */
export class Question {
  readonly #names: ReadonlySet<string>
  readonly #ignoresPath: boolean

  constructor({ send, cache }: ForwardAuthOptions) {
    this.#names = new Set(send.map((name) => name.toLowerCase()))
    this.#ignoresPath = cache.ignorePath
  }

  /**
   * The headers of the question; undefined where a header that tells who it is comes twice, so that the
   * service and the endpoint might each believe another one.
   */
  headers(exchange: Exchange): Told | undefined {
    const { client, rawHeaders } = exchange
    const told: Told = Object.create(null)
    for (let i = 0; i < rawHeaders.length; i += 2) {
      const name = (rawHeaders[i] as string).toLowerCase()
      if (!this.#names.has(name)) continue
      const value = rawHeaders[i + 1] as string
      const before = told[name]
      if (before === undefined) told[name] = value
      else if (name === 'authorization') return undefined
      else told[name] = before + (name === 'cookie' ? '; ' : ', ') + value
    }
    told['x-forwarded-method'] = exchange.method
    told['x-forwarded-proto'] = client.secure ? 'https' : 'http'
    told['x-forwarded-host'] = exchange.header('host') ?? ''
    told['x-forwarded-uri'] = exchange.target
    told['x-forwarded-for'] = client.address
    told[ASKING] = '1'
    return told
  }

  /** Equal for requests of which the service is told the same. */
  key(told: Told): string {
    let text = ''
    for (const name in told) {
      if (this.#ignoresPath && (name === 'x-forwarded-method' || name === 'x-forwarded-uri'))
        continue
      // No value has a newline. Lengths would do as well.
      text += `${name}\n${told[name]}\n`
    }
    return hash('sha256', text, 'base64')
  }
}
