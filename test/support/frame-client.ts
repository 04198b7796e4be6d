import { once } from 'node:events'
import { connect, type TLSSocket } from 'node:tls'
import { CA } from './certificates.ts'
import { waitFor, within } from './deadline.ts'
import type { Teardown } from './teardown.ts'

export const DATA = 0
export const HEADERS = 1
export const RST_STREAM = 3
export const SETTINGS = 4
export const PING = 6
export const GOAWAY = 7
export const CONTINUATION = 9

export const END_STREAM = 1
export const END_HEADERS = 4

/** One frame (RFC 9113, 4.1). */
export interface Frame {
  readonly type: number
  readonly flags: number
  readonly stream: number
  readonly payload: Buffer
}

const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'
const HEAD_BYTES = 9

/** An HTTP/2 client that sends the frames it is given and nothing else but the preface. */
export class FrameClient {
  readonly socket: TLSSocket
  readonly frames: Frame[] = []
  isClosed = false
  #rest = Buffer.alloc(0)

  private constructor(socket: TLSSocket) {
    this.socket = socket
    socket.on('data', (chunk: Buffer) => this.#read(chunk))
    socket.on('error', () => undefined)
    socket.on('close', () => {
      this.isClosed = true
    })
  }

  static async connect(t: Teardown, port: number): Promise<FrameClient> {
    const socket = connect({
      ...{ port, host: '127.0.0.1', ca: CA, servername: 'a.test' },
      ALPNProtocols: ['h2'],
    })
    t.after(() => socket.destroy())
    const client = new FrameClient(socket)
    await within(once(socket, 'secureConnect'), 'a TLS connection')
    socket.write(PREFACE)
    return client.send({ type: SETTINGS, flags: 0, stream: 0, payload: Buffer.alloc(0) })
  }

  send(...frames: readonly Frame[]): this {
    this.socket.write(Buffer.concat(frames.map(bytesOf)))
    return this
  }

  has(type: number): boolean {
    return this.frames.some((one) => one.type === type)
  }

  /** The first frame of a type, on a stream if one is given. */
  async frame(type: number, stream?: number): Promise<Frame> {
    const find = (): Frame | undefined =>
      this.frames.find((one) => one.type === type && (stream ?? one.stream) === one.stream)
    await waitFor(
      () => find() !== undefined || this.isClosed,
      () => `a frame of type ${type} among ${this.frames.map((one) => one.type)}`,
    )
    const found = find()
    if (found === undefined) throw new Error(`closed without a frame of type ${type}`)
    return found
  }

  closed(): Promise<void> {
    return waitFor(() => this.isClosed, 'the connection is closed')
  }

  #read(chunk: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, chunk])
    while (this.#rest.length >= HEAD_BYTES) {
      const length = this.#rest.readUIntBE(0, 3)
      if (this.#rest.length < HEAD_BYTES + length) return
      this.frames.push({
        type: this.#rest.readUInt8(3),
        flags: this.#rest.readUInt8(4),
        stream: this.#rest.readUInt32BE(5) & 0x7fffffff,
        payload: this.#rest.subarray(HEAD_BYTES, HEAD_BYTES + length),
      })
      this.#rest = this.#rest.subarray(HEAD_BYTES + length)
    }
  }
}

/** A request's head as one HEADERS frame, fields in turn as they are given. */
export function headersFrame(
  stream: number,
  fields: readonly (readonly [string, string])[],
  flags = END_STREAM | END_HEADERS,
): Frame {
  return { type: HEADERS, flags, stream, payload: headerBlock(fields) }
}

export function dataFrame(stream: number, text: string, flags = END_STREAM): Frame {
  return { type: DATA, flags, stream, payload: Buffer.from(text, 'latin1') }
}

export function resetFrame(stream: number, code: number): Frame {
  const payload = Buffer.alloc(4)
  payload.writeUInt32BE(code)
  return { type: RST_STREAM, flags: 0, stream, payload }
}

/** HPACK (RFC 7541, 6.2.2): each field literal, without indexing and Huffman. */
export function headerBlock(fields: readonly (readonly [string, string])[]): Buffer {
  const pieces = fields.flatMap(([name, value]) => [
    Buffer.from([0]),
    ...lengthAndText(name),
    ...lengthAndText(value),
  ])
  return Buffer.concat(pieces)
}

function lengthAndText(text: string): [Buffer, Buffer] {
  const bytes = Buffer.from(text, 'latin1')
  const most = 127
  if (bytes.length < most) return [Buffer.from([bytes.length]), bytes]
  const length = [most]
  let left = bytes.length - most
  for (; left >= 128; left = Math.floor(left / 128)) length.push((left % 128) + 128)
  return [Buffer.from([...length, left]), bytes]
}

function bytesOf({ type, flags, stream, payload }: Frame): Buffer {
  const head = Buffer.alloc(HEAD_BYTES)
  head.writeUIntBE(payload.length, 0, 3)
  head.writeUInt8(type, 3)
  head.writeUInt8(flags, 4)
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, payload])
}
