import type { IncomingHttpHeaders } from 'node:http'
import type { RawHeaders } from '../contracts/transport.ts'

/** Headers that only the gateway may set: what clients send under their names is struck out. */
export class ForgedHeaders {
  readonly #names: ReadonlySet<string>

  /** Undefined when no listener sets such a header, so that nobody looks for one. */
  static of(names: readonly string[]): ForgedHeaders | undefined {
    const some = names.filter((name) => name !== '')
    return some.length === 0 ? undefined : new ForgedHeaders(some)
  }

  private constructor(names: readonly string[]) {
    this.#names = new Set(names.map(dashed))
  }

  strikeFrom(req: {
    readonly rawHeaders: RawHeaders
    readonly headers: IncomingHttpHeaders
  }): void {
    const raw = req.rawHeaders
    for (let i = raw.length - 2; i >= 0; i -= 2) {
      const name = raw[i] as string
      if (!this.#names.has(dashed(name))) continue
      delete req.headers[name.toLowerCase()]
      raw.splice(i, 2)
    }
  }
}

// Many servers read X_Client_Subject as X-Client-Subject.
function dashed(name: string): string {
  return name.toLowerCase().replaceAll('_', '-')
}
