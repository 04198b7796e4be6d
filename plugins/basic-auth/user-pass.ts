/** What a client calls itself, and what it says to prove it. */
export interface UserPass {
  readonly name: string
  readonly password: string
}

// RFC 4648, 4, with or without the padding.
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$/
// RFC 7617, 2: neither has a control character.
const CONTROL = /\p{Cc}/u
const LONGEST = 1_024

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Reads what stands behind `Basic` (RFC 7617): UTF-8; the first colon ends the name. */
export function userPassIn(credentials: string): UserPass | undefined {
  if (credentials.length > LONGEST || !BASE64.test(credentials)) return undefined
  const text = decoded(Buffer.from(credentials, 'base64'))
  const colon = text?.indexOf(':') ?? -1
  if (text === undefined || colon < 1 || CONTROL.test(text)) return undefined
  return { name: text.slice(0, colon), password: text.slice(colon + 1) }
}

function decoded(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes)
  } catch {
    return undefined
  }
}
