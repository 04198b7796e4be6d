import type { StickyOptions } from './options.ts'

type Attributes = Pick<StickyOptions, 'path' | 'domain' | 'sameSite'>

// RFC 6265, 4.1.1, and RFC 9110, 5.6.2: no other character can stand in a cookie's name.
const NO_NAME = /[^!#$%&'*+.^_`|~0-9A-Za-z-]/g
const SAME_SITE = { lax: 'Lax', strict: 'Strict', none: 'None' } as const

/** The name of an upstream's cookie, by the pattern that the user gave. */
export function cookieName(pattern: string, upstream: string): string {
  return pattern.replaceAll('{upstream}', upstream.replace(NO_NAME, '_'))
}

/** What every Set-Cookie line of a use ends with, Max-Age and Secure aside. */
export function attributesOf({ path, domain, sameSite }: Attributes): string {
  const place = domain === '' ? '' : `; Domain=${domain}`
  return `; Path=${path}${place}; HttpOnly; SameSite=${SAME_SITE[sameSite]}`
}

/**
 * The value that a Set-Cookie line gives a cookie at a time of day in ms: '' where it ends it (RFC
 * 6265, 5.3), undefined for another cookie.
 */
export function valueSet(line: string, name: string, now: number): string | undefined {
  if (!line.startsWith(name) || line[name.length] !== '=') return undefined
  const [pair = '', ...attributes] = line.split(';')
  return isOver(attributes, now) ? '' : pair.slice(name.length + 1).trim()
}

/** By Max-Age, which counts before Expires. */
function isOver(attributes: readonly string[], now: number): boolean {
  let expires = Number.NaN
  for (const attribute of attributes) {
    const [, key = '', value = ''] = /^\s*([A-Za-z-]+)\s*=\s*(.*?)\s*$/.exec(attribute) ?? []
    if (key.toLowerCase() === 'max-age') return Number(value) <= 0
    if (key.toLowerCase() === 'expires') expires = Date.parse(value)
  }
  return expires <= now
}
