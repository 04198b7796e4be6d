import { STATUS_CODES } from 'node:http'
import type { Wrong } from '#core'

/** What a problem says beyond its status (RFC 9457). */
export interface ProblemParts {
  readonly headers?: Readonly<Record<string, string>>
  /** Everything that is wrong with the body, or with a config. */
  readonly errors?: readonly Wrong[]
}

/** A request that is refused, and the document that says why. */
export class Problem extends Error {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly errors: readonly Wrong[] | undefined

  constructor(status: number, detail: string, { headers = {}, errors }: ProblemParts = {}) {
    super(detail)
    this.status = status
    this.headers = headers
    this.errors = errors
  }

  get document() {
    const { status, message: detail, errors } = this
    const title = STATUS_CODES[status] ?? 'Error'
    return { type: 'about:blank', title, status, detail, ...(errors && { errors }) }
  }
}
