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

/**
 * The line without the pairs of a name; the others stay as they are, with what separates them. Less
 * strict than reading: what any reader could take for such a pair is left out.
 */
export function withoutCookie(line: string, name: string): string {
  let kept = line
  for (let start = 0; start < kept.length; ) {
    const semicolon = kept.indexOf(';', start)
    const end = semicolon < 0 ? kept.length : semicolon
    if (!isNamed(kept, name, start, end)) {
      start = end + 1
      continue
    }
    // With the separator behind it, or, at the end, the one before.
    let next = end + 1
    while (isBlank(kept.charCodeAt(next))) next++
    const first = start + blanksAt(kept, start)
    kept =
      semicolon < 0
        ? kept.slice(0, Math.max(0, start - 1))
        : kept.slice(0, first) + kept.slice(next)
  }
  return kept
}

/** Whether a text can be a cookie's value. */
export function isCookieValue(text: string): boolean {
  return VALUE.test(text)
}

function isNamed(line: string, name: string, start: number, end: number): boolean {
  const first = start + blanksAt(line, start)
  if (!line.startsWith(name, first)) return false
  const behind = first + name.length
  const equals = behind + blanksAt(line, behind)
  return equals < end && line.charCodeAt(equals) === EQUALS
}

function blanksAt(line: string, start: number): number {
  let end = start
  while (isBlank(line.charCodeAt(end))) end++
  return end - start
}

function trimmedEnd(line: string, start: number, end: number): number {
  let last = end
  while (last > start && isBlank(line.charCodeAt(last - 1))) last--
  return last
}

function isBlank(char: number): boolean {
  return char === SPACE || char === TAB
}
