import type { RawHeaders } from '../contracts/transport.ts'

const EQUALS = 61
const SPACE = 32
const TAB = 9

// RFC 6265, 4.1.1: cookie-octets, in double quotes or not. No controls, spaces, quotes, commas,
// semicolons, backslashes, nothing beyond ASCII.
const VALUE =
  /^(?:[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*|"[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*")$/

/**
 * The first value of a cookie in one Cookie line, or undefined. Strict (RFC 6265, 4.2.1): a pair
 * with a character that no cookie may have counts as absent, so that no two readers disagree about
 * it. Quotes are part of the value. One pass; only the value is copied.
 */
export function cookieValue(line: string, name: string): string | undefined {
  for (let start = 0; start < line.length; ) {
    const semicolon = line.indexOf(';', start)
    const end = semicolon < 0 ? line.length : semicolon
    while (isBlank(line.charCodeAt(start))) start++
    const equals = start + name.length
    if (equals < end && line.charCodeAt(equals) === EQUALS && line.startsWith(name, start)) {
      const value = line.slice(equals + 1, trimmedEnd(line, equals + 1, end))
      if (isCookieValue(value)) return value
    }
    start = end + 1
  }
  return undefined
}

/**
 * The first value of a cookie in all Cookie lines of a request. Clients send one; HTTP/2 may split
 * it (RFC 9113, 8.2.3).
 */
export function cookieIn(headers: RawHeaders, name: string): string | undefined {
  for (let i = 0; i < headers.length; i += 2) {
    const found = headers[i] as string
    if (found.length !== 6 || found.toLowerCase() !== 'cookie') continue
    const value = cookieValue(headers[i + 1] as string, name)
    if (value !== undefined) return value
  }
  return undefined
}

/** All Cookie lines of a request as one, without the cookies of a name; empty if nothing is left. */
export function withoutCookie(headers: RawHeaders, name: string): string {
  const rest: string[] = []
  for (let i = 0; i < headers.length; i += 2) {
    const found = headers[i] as string
    if (found.length !== 6 || found.toLowerCase() !== 'cookie') continue
    for (const pair of (headers[i + 1] as string).split(';')) {
      const text = pair.trim()
      const equals = text.indexOf('=')
      // Some readers take blanks before the equals sign for none.
      const named = (equals < 0 ? text : text.slice(0, equals)).trim()
      if (text !== '' && named !== name) rest.push(text)
    }
  }
  return rest.join('; ')
}

/** Whether a text can be a cookie's value. */
export function isCookieValue(text: string): boolean {
  return VALUE.test(text)
}

function trimmedEnd(line: string, start: number, end: number): number {
  let last = end
  while (last > start && isBlank(line.charCodeAt(last - 1))) last--
  return last
}

function isBlank(char: number): boolean {
  return char === SPACE || char === TAB
}
