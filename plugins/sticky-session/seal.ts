import { createHmac, timingSafeEqual } from 'node:crypto'

/** What a cookie says: which endpoint, and since when. Times are seconds since the Unix epoch. */
export interface Sealed {
  /** The opaque name of the endpoint. */
  readonly tag: string
  /** When it was bound. */
  readonly boundAt: number
  /** When the cookie was last issued. */
  readonly issuedAt: number
}

const VERSION = 1
const TAG_BYTES = 8
const BOUND_AT = 1 + TAG_BYTES
const ISSUED_AT = BOUND_AT + 4
const SAID_BYTES = ISSUED_AT + 4
// RFC 2104, 5: the left half of the digest, 128 bits, is as hard to forge.
const MAC_BYTES = 16
// 33 bytes are 44 characters to the bit: no two texts stand for the same bytes.
const TEXT = /^[\w-]{44}$/

/**
 * One secret of the gateway's: names endpoints, and signs and verifies what cookies say, under
 * HMAC-SHA-256. Names and signatures have keys of their own, derived from it.
 */
export class Seal {
  readonly #nameKey: Buffer
  readonly #signKey: Buffer

  constructor(secret: string) {
    this.#nameKey = derived(secret, 'sluice sticky-session endpoint')
    this.#signKey = derived(secret, 'sluice sticky-session cookie')
  }

  /** A name that stays, and tells nobody without the secret which endpoint it is. */
  tagOf(upstream: string, endpoint: string): string {
    const digest = createHmac('sha256', this.#nameKey).update(`${upstream}\0${endpoint}`).digest()
    return digest.toString('latin1', 0, TAG_BYTES)
  }

  /** The cookie's value. It is valid under its name alone. */
  sign(name: string, { tag, boundAt, issuedAt }: Sealed): string {
    const bytes = Buffer.alloc(SAID_BYTES + MAC_BYTES)
    bytes[0] = VERSION
    bytes.write(tag, 1, 'latin1')
    bytes.writeUInt32BE(boundAt, BOUND_AT)
    bytes.writeUInt32BE(issuedAt, ISSUED_AT)
    this.#mac(name, bytes).copy(bytes, SAID_BYTES, 0, MAC_BYTES)
    return bytes.toString('base64url')
  }

  /** What a value of that cookie says; undefined unless this secret signed it. */
  verify(name: string, value: string): Sealed | undefined {
    if (!TEXT.test(value)) return undefined
    const bytes = Buffer.from(value, 'base64url')
    const mac = this.#mac(name, bytes).subarray(0, MAC_BYTES)
    if (!timingSafeEqual(mac, bytes.subarray(SAID_BYTES)) || bytes[0] !== VERSION) return undefined
    return {
      tag: bytes.toString('latin1', 1, BOUND_AT),
      boundAt: bytes.readUInt32BE(BOUND_AT),
      issuedAt: bytes.readUInt32BE(ISSUED_AT),
    }
  }

  #mac(name: string, bytes: Buffer): Buffer {
    const hmac = createHmac('sha256', this.#signKey)
    return hmac.update(`${name}\0`).update(bytes.subarray(0, SAID_BYTES)).digest()
  }
}

function derived(secret: string, purpose: string): Buffer {
  return createHmac('sha256', secret).update(purpose).digest()
}
