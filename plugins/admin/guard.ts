import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { isIPv4 } from 'node:net'
import { Problem } from './problem.ts'

export interface GuardOptions {
  readonly host: string
  readonly token: string
  readonly origins: readonly string[]
  readonly hosts: readonly string[]
}

const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]']

/**
 * Who may ask. On loopback anybody on this machine may, also what a browser runs: names that lead
 * here (DNS rebinding) and pages of other origins are refused. Elsewhere, and wherever there is a
 * token, the token decides as well.
 */
export class Guard {
  readonly #token: Buffer | undefined
  readonly #origins: ReadonlySet<string>
  /** Undefined where any will do. */
  readonly #hosts: ReadonlySet<string> | undefined

  constructor({ host, token, origins, hosts }: GuardOptions) {
    this.#token = token === '' ? undefined : digest(token)
    this.#origins = new Set(origins)
    const isChecked = isLoopback(host) || hosts.length > 0
    this.#hosts = isChecked
      ? new Set([...LOOPBACK_NAMES, ...hosts].map((name) => name.toLowerCase()))
      : undefined
  }

  /**
   * Headers that allow a page of an origin in the list to read the answer.
   *
   * @throws Problem 403 for a host or a page that may not ask
   */
  admit({ headers }: IncomingMessage): Record<string, string> {
    const { host, origin } = headers
    if (this.#hosts !== undefined && host !== undefined && !this.#hosts.has(hostname(host))) {
      throw new Problem(403, `"${host}" is no name of this listener; list it under hosts`)
    }
    const isOfPage = origin !== undefined || isCrossSite(headers['sec-fetch-site'])
    if (!isOfPage) return {}
    if (origin === undefined || !this.#origins.has(origin)) {
      throw new Problem(403, 'pages of other origins may not ask; list the origin under origins')
    }
    return { 'access-control-allow-origin': origin, vary: 'origin' }
  }

  /** @throws Problem 401 without the token, if there is one */
  authorize({ headers }: IncomingMessage): void {
    if (this.#token === undefined) return
    const [, given = ''] = /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '') ?? []
    // Digests are of one length, so the time tells nothing of the token.
    if (timingSafeEqual(digest(given), this.#token)) return
    const said = given === '' ? 'send the token as "authorization: Bearer …"' : 'the token is wrong'
    throw new Problem(401, said, { headers: { 'www-authenticate': 'Bearer realm="sluice"' } })
  }
}

/** Whether only this machine reaches an address. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase()
  return name === 'localhost' || name === '::1' || (isIPv4(name) && name.startsWith('127.'))
}

function isCrossSite(site: string | string[] | undefined): boolean {
  return site !== undefined && site !== 'same-origin' && site !== 'none'
}

function hostname(host: string): string {
  return host.toLowerCase().replace(/:\d*$/, '')
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
