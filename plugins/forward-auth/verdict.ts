import { type Headers, type Identity, isHeaderValue, type TransportAnswer } from '#core'
import type { ForwardAuthOptions } from './options.ts'

/** What the service said. */
export type Verdict =
  | {
      readonly kind: 'in'
      /** Values of the headers of `copy`, in its order; undefined where one is missing. */
      readonly values: readonly (string | undefined)[]
      readonly identity: Identity | undefined
      readonly cookies: readonly string[]
    }
  | {
      readonly kind: 'out'
      readonly status: number
      readonly headers: Headers
      readonly body: Uint8Array
    }
  | { readonly kind: 'none'; readonly why: string; readonly isDown: boolean }

const REDIRECTS = [301, 302, 303, 307, 308]

/** Reads answers of the service. */
export class Verdicts {
  readonly #copy: readonly string[]
  readonly #subject: string
  readonly #answer: readonly string[]
  readonly #takesCookies: boolean

  constructor({ copy, subject, answer, cookies }: ForwardAuthOptions) {
    this.#copy = copy.map((name) => name.toLowerCase())
    this.#subject = (subject === '' ? (copy[0] ?? '') : subject).toLowerCase()
    this.#answer = answer.map((name) => name.toLowerCase())
    this.#takesCookies = cookies
  }

  of(answer: TransportAnswer): Verdict {
    const { status } = answer
    if (status >= 200 && status < 300) return this.#letIn(answer)
    const isRedirect = REDIRECTS.includes(status) && answer.headers.location !== undefined
    if (status === 401 || status === 403 || isRedirect) return this.#keepOut(answer)
    return { kind: 'none', why: `it answered ${status}`, isDown: status >= 500 }
  }

  #letIn({ headers, cookies }: TransportAnswer): Verdict {
    const values = this.#copy.map((name) => headers[name])
    const kept = this.#takesCookies ? cookies : []
    // undici lets pass what would break a message of ours, or become two of its headers.
    const wrong = this.#copy.find((_, at) => !isHeaderValue(values[at] ?? ''))
    if (wrong !== undefined || !kept.every(isHeaderValue)) return unfit(wrong ?? 'set-cookie')
    return { kind: 'in', values, identity: this.#identityIn(values), cookies: kept }
  }

  #keepOut({ status, headers: given, cookies, body }: TransportAnswer): Verdict {
    const headers: Record<string, string | readonly string[]> = {}
    for (const name of this.#answer) {
      const value = name === 'set-cookie' ? cookies : given[name]
      if (value === undefined || value.length === 0) continue
      if (![value].flat().every(isHeaderValue)) return unfit(name)
      headers[name] = value
    }
    return { kind: 'out', status, headers, body }
  }

  #identityIn(values: readonly (string | undefined)[]): Identity | undefined {
    const subject = values[this.#copy.indexOf(this.#subject)]
    if (subject === undefined || subject === '') return undefined
    const claims = this.#copy.flatMap((name, at) => {
      const value = values[at]
      return value === undefined ? [] : [[name, value] as const]
    })
    return { subject, by: 'forward-auth', claims: Object.fromEntries(claims) }
  }
}

function unfit(name: string): Verdict {
  return { kind: 'none', why: `its header ${name} cannot be passed on`, isDown: false }
}
