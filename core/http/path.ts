const DOT = 46
const SLASH = 47
const PERCENT = 37
const HASH = 35
const BACKSLASH = 92

/** The part of a target that routes match: up to the query. */
export function pathOf(target: string): string {
  const query = target.indexOf('?')
  return query < 0 ? target : target.slice(0, query)
}

/**
 * Whether a raw path means the same to every reader: no `.` or `..` segment, plain, encoded, by
 * backslash or with parameters behind a semicolon, no NUL, no fragment, no `%` without two hex
 * digits.
 */
export function isSafePath(path: string): boolean {
  let before = 0
  for (let i = 0; i < path.length; i++) {
    const char = path.charCodeAt(i)
    if (char === HASH || char === 0) return false
    if (char === PERCENT || char === BACKSLASH || (char === DOT && before === SLASH)) {
      return isSafeInDetail(path)
    }
    before = char
  }
  return true
}

/** The path that routes are compared with: unreserved characters decoded (RFC 3986, 6.2.2.2). */
export function matchable(path: string): string {
  return path.includes('%') ? path.replace(/%[2-7][0-9A-Fa-f]/g, decodeUnreserved) : path
}

function isSafeInDetail(path: string): boolean {
  if (/%(?![0-9A-Fa-f]{2})|%00|#|\0/.test(path)) return false
  // An encoded separator separates for whoever decodes it, so it does here too.
  const pieces = path.split(/\/|\\|%2f|%5c/i)
  // Servlet containers take parameters off before they resolve: `/x/..;a=b/admin` is `/admin` there.
  return !pieces.some((piece) => /^(?:\.|%2e){1,2}(?:;|%3b|$)/i.test(piece))
}

function decodeUnreserved(triplet: string): string {
  const char = String.fromCharCode(Number.parseInt(triplet.slice(1), 16))
  return /[A-Za-z0-9._~-]/.test(char) ? char : triplet
}
