const PERCENT = 37
const PLUS = 43
const SPACE = 32
const ASCII = 0x80

/**
 * The first value of a parameter in the query of a raw target, or undefined. Decoded as forms are
 * (WHATWG URL, 5.1): `+` is a space, `%XX` a byte of UTF-8, a malformed `%` stands for itself.
 * One pass over the query; only the value is copied.
 */
export function queryValue(target: string, name: string): string | undefined {
  const question = target.indexOf('?')
  if (question < 0) return undefined
  let equals = question
  for (let start = question + 1; start < target.length; ) {
    const end = endOfPair(target, start)
    // The next one may be many pairs ahead: looked for at each, it would cost the square of the length.
    if (equals >= 0 && equals < start) equals = target.indexOf('=', start)
    const hasValue = equals >= 0 && equals < end
    const nameEnd = hasValue ? equals : end
    // An empty piece, as in "a=1&&b=2", is no parameter.
    if (end > start && isNamed(target, start, nameEnd, name)) {
      return hasValue ? decoded(target.slice(equals + 1, end)) : ''
    }
    start = end + 1
  }
  return undefined
}

function endOfPair(target: string, start: number): number {
  const end = target.indexOf('&', start)
  return end < 0 ? target.length : end
}

/** Compares without decoding first: what a client makes up costs no copy of it. */
function isNamed(target: string, start: number, end: number, name: string): boolean {
  let at = start
  for (let i = 0; i < name.length; i++) {
    if (at >= end) return false
    const wanted = name.charCodeAt(i)
    // Several bytes for one character: rare in names, so decoding all of it is good enough.
    if (wanted >= ASCII) return decoded(target.slice(start, end)) === name
    let char = target.charCodeAt(at++)
    if (char === PLUS) char = SPACE
    else if (char === PERCENT) {
      const byte = byteAt(target, at, end)
      if (byte >= 0) {
        char = byte
        at += 2
      }
    }
    if (char !== wanted) return false
  }
  return at === end
}

function decoded(text: string): string {
  if (!/[%+\x80-\xff]/.test(text)) return text
  // Never longer than what it is decoded from: node gives targets as one character a byte.
  const bytes = Buffer.allocUnsafe(text.length)
  let length = 0
  for (let i = 0; i < text.length; i++) {
    const char = text.charCodeAt(i)
    const byte = char === PERCENT ? byteAt(text, i + 1, text.length) : -1
    if (byte >= 0) i += 2
    bytes[length++] = byte >= 0 ? byte : char === PLUS ? SPACE : char
  }
  return bytes.toString('utf8', 0, length)
}

/** The byte that two hexadecimal digits stand for, or -1. */
function byteAt(text: string, at: number, end: number): number {
  if (at + 1 >= end) return -1
  const high = digit(text.charCodeAt(at))
  const low = digit(text.charCodeAt(at + 1))
  return high < 0 || low < 0 ? -1 : high * 16 + low
}

function digit(char: number): number {
  if (char >= 48 && char <= 57) return char - 48
  const lower = char | 32
  return lower >= 97 && lower <= 102 ? lower - 87 : -1
}
