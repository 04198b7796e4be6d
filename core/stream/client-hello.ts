/** What a TLS client asks for before anything is encrypted. */
export interface ClientHello {
  /** The name it asks for, in lower case and without a dot at the end; empty for none. */
  readonly serverName: string
  /** The protocols it offers, such as `h2`. */
  readonly alpn: readonly string[]
}

const HANDSHAKE = 22
const CLIENT_HELLO = 1
const RECORD_HEAD = 5
const MESSAGE_HEAD = 4
// RFC 8446, 5.1: a record holds at most so many bytes.
const MOST_IN_RECORD = 16_384
// Some clients send it in pieces, so that nobody on the way reads the name; one in thousands of them,
// each looked at again with every packet, is made to cost us.
const MOST_RECORDS = 256
const SERVER_NAME = 0
const ALPN = 16
const HOST_NAME = 0
const NAME = /^[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*$/

/**
 * Reads the first message of a TLS client (RFC 8446, 4.1.2; names by RFC 6066, protocols by RFC 7301)
 * without ending TLS. `more` asks for more bytes, `malformed` is nothing that a TLS client sends.
 * The message may come in several records.
 */
export function readClientHello(bytes: Buffer): ClientHello | 'more' | 'malformed' {
  const message = handshakeIn(bytes)
  if (typeof message === 'string') return message
  try {
    return helloIn(new Reader(message))
  } catch (error: unknown) {
    if (error instanceof TooShort) return 'malformed'
    throw error
  }
}

/** The whole ClientHello, taken out of its records. */
function handshakeIn(bytes: Buffer): Buffer | 'more' | 'malformed' {
  const pieces: Buffer[] = []
  let have = 0
  let end = Number.POSITIVE_INFINITY
  for (let at = 0; ; ) {
    if (bytes.length > at && bytes[at] !== HANDSHAKE) return 'malformed'
    if (bytes.length > at + 1 && bytes[at + 1] !== 3) return 'malformed'
    if (bytes.length < at + RECORD_HEAD) return 'more'
    const length = bytes.readUInt16BE(at + 3)
    if (length === 0 || length > MOST_IN_RECORD) return 'malformed'
    if (pieces.length === MOST_RECORDS) return 'malformed'
    const piece = bytes.subarray(at + RECORD_HEAD, at + RECORD_HEAD + length)
    pieces.push(piece)
    have += piece.length
    at += RECORD_HEAD + length
    if (pieces[0]?.length !== 0 && pieces[0]?.[0] !== CLIENT_HELLO) return 'malformed'
    if (have >= MESSAGE_HEAD && end === Number.POSITIVE_INFINITY) {
      const head = Buffer.concat(pieces.slice(0, MESSAGE_HEAD), MESSAGE_HEAD)
      end = MESSAGE_HEAD + head.readUIntBE(1, 3)
    }
    if (have >= end) return Buffer.concat(pieces).subarray(MESSAGE_HEAD, end)
    if (bytes.length < at) return 'more'
  }
}

function helloIn(hello: Reader): ClientHello {
  hello.skip(2 + 32)
  hello.skip(hello.uint8())
  hello.skip(hello.uint16())
  hello.skip(hello.uint8())
  let serverName = ''
  let alpn: readonly string[] = []
  if (hello.isDone) return { serverName, alpn }
  const extensions = hello.part(hello.uint16())
  while (!extensions.isDone) {
    const type = extensions.uint16()
    const content = extensions.part(extensions.uint16())
    if (type === SERVER_NAME) serverName = nameIn(content)
    else if (type === ALPN) alpn = protocolsIn(content)
  }
  return { serverName, alpn }
}

function nameIn(content: Reader): string {
  const list = content.part(content.uint16())
  while (!list.isDone) {
    const type = list.uint8()
    const name = list.text(list.uint16())
    if (type === HOST_NAME) return hostName(name)
  }
  return ''
}

/** A name that is none would otherwise be compared, logged and sent on. */
export function hostName(name: string): string {
  const plain = name.toLowerCase().replace(/\.$/, '')
  return plain.length <= 253 && NAME.test(plain) ? plain : ''
}

function protocolsIn(content: Reader): string[] {
  const list = content.part(content.uint16())
  const protocols: string[] = []
  while (!list.isDone) protocols.push(list.text(list.uint8()))
  return protocols
}

class TooShort extends Error {}

/** Reads one field after another, none beyond the end. */
class Reader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get isDone(): boolean {
    return this.#at >= this.#bytes.length
  }

  uint8(): number {
    return this.#take(1).readUInt8(0)
  }

  uint16(): number {
    return this.#take(2).readUInt16BE(0)
  }

  text(length: number): string {
    return this.#take(length).toString('latin1')
  }

  part(length: number): Reader {
    return new Reader(this.#take(length))
  }

  skip(length: number): void {
    this.#take(length)
  }

  #take(length: number): Buffer {
    const end = this.#at + length
    if (end > this.#bytes.length) throw new TooShort()
    const taken = this.#bytes.subarray(this.#at, end)
    this.#at = end
    return taken
  }
}
