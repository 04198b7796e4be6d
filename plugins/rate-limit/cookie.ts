/** The value of a cookie in a Cookie header, as sent; undefined when it is not there. */
export function cookieIn(header: string | undefined, name: string): string | undefined {
  if (header === undefined) return undefined
  let start = 0
  while (start < header.length) {
    const semicolon = header.indexOf(';', start)
    const end = semicolon < 0 ? header.length : semicolon
    while (header.charCodeAt(start) === SPACE) start++
    const equals = start + name.length
    if (header.charCodeAt(equals) === EQUALS && equals < end && header.startsWith(name, start)) {
      return header.slice(equals + 1, end).trimEnd()
    }
    start = end + 1
  }
  return undefined
}

const SPACE = 32
const EQUALS = 61
