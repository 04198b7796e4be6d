/** What a header of a message means to the gateway. */
export const PLAIN = 0
export const HOP = 1
export const CONNECTION = 2
export const HOST = 3
export const CONTENT_LENGTH = 4
export const TRANSFER_ENCODING = 5
export const UPGRADE = 6
export const EXPECT = 7
export const FORWARDED_FOR = 8
/** X-Forwarded-Host, -Proto and -Port: kept from a trusted proxy, else replaced by ours. */
export const FORWARDED = 9
/** Other words about the client: kept from a trusted proxy, else dropped. */
export const ABOUT_CLIENT = 10
export const VIA = 11
export const TE = 12

const MEANINGS = new Map<string, number>([
  ['connection', CONNECTION],
  ['host', HOST],
  ['content-length', CONTENT_LENGTH],
  ['transfer-encoding', TRANSFER_ENCODING],
  ['upgrade', UPGRADE],
  ['expect', EXPECT],
  ['via', VIA],
  ['x-forwarded-for', FORWARDED_FOR],
  ['x-forwarded-host', FORWARDED],
  ['x-forwarded-proto', FORWARDED],
  ['x-forwarded-port', FORWARDED],
  ['forwarded', ABOUT_CLIENT],
  ['x-real-ip', ABOUT_CLIENT],
  // RFC 9110, 7.6.1; Proxy-Auth* are between one client and one proxy.
  ['keep-alive', HOP],
  ['proxy-connection', HOP],
  ['proxy-authenticate', HOP],
  ['proxy-authorization', HOP],
  ['te', TE],
  ['trailer', HOP],
  ['http2-settings', HOP],
])

/** Whether a text can be the name of a header (RFC 9110, 5.6.2). */
export function isHeaderName(name: string): boolean {
  return /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)
}

/** Whether a text can be the value of a header, one byte a character. */
export function isHeaderValue(value: string): boolean {
  return !/[^\t\x20-\x7e\x80-\xff]/.test(value)
}

/** Whether a text can be the length of a body. Beyond 15 digits it is no exact number here. */
export function isLength(value: string): boolean {
  return /^\d{1,15}$/.test(value)
}

const FRAMING: ReadonlySet<number> = new Set([
  ...[HOP, CONNECTION, CONTENT_LENGTH],
  ...[TRANSFER_ENCODING, UPGRADE, EXPECT, TE],
])

/** Whether a header is between two hops, and so the gateway's own. */
export function isFraming(name: string): boolean {
  return FRAMING.has(meaningOf(name))
}

// Spellings seen so far. Bounded: names are the client's.
const seen = new Map<string, number>()
const MOST_SEEN = 4_096
const LONGEST_SEEN = 64

/** The meaning of a header name in any spelling. */
export function meaningOf(name: string): number {
  const known = seen.get(name)
  if (known !== undefined) return known
  const meaning = look(name.toLowerCase())
  if (name.length <= LONGEST_SEEN && seen.size < MOST_SEEN) seen.set(copied(name), meaning)
  return meaning
}

function look(lower: string): number {
  const meaning = MEANINGS.get(lower)
  if (meaning !== undefined) return meaning
  // Many servers read X_Forwarded_Proto as X-Forwarded-Proto (GHSA-5m6w-wvh7-57vm).
  const dashed = lower.includes('_') ? lower.replaceAll('_', '-') : lower
  if (dashed !== lower && MEANINGS.has(dashed)) return HOP
  return dashed.startsWith('x-forwarded-') ? ABOUT_CLIENT : PLAIN
}

/** The same text in memory of its own: V8 makes a slice of a text hold on to all of it. */
export function copied(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1')
}
