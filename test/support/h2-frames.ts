import type { Socket } from 'node:net'
import { type Endpoint, startRawEndpoint } from './endpoint-server.ts'
import type { Teardown } from './teardown.ts'

const PREFACE_BYTES = 24
const HEAD_BYTES = 9
export const DATA = 0
export const HEADERS = 1
export const RST_STREAM = 3
const SETTINGS = 4
const PING = 6
export const END_STREAM = 1
const ACK = 1
const END_HEADERS = 4

/** Writes the frames of an endpoint that node's own HTTP/2 would not send. */
export class FrameWriter {
  readonly socket: Socket

  constructor(socket: Socket) {
    this.socket = socket
  }

  frame(type: number, flags: number, stream: number, payload: Buffer | string = ''): this {
    const bytes = Buffer.from(payload)
    const head = Buffer.alloc(HEAD_BYTES)
    head.writeUIntBE(bytes.length, 0, 3)
    head.writeUInt8(type, 3)
    head.writeUInt8(flags, 4)
    head.writeUInt32BE(stream, 5)
    this.socket.write(Buffer.concat([head, bytes]))
    return this
  }

  /** A head by HPACK's static table: `200` is 8, `204` 9, `304` 11, `404` 13, `500` 14. */
  head(stream: number, index = 8, isEnd = false): this {
    return this.headers(stream, Buffer.from([0x80 | index]), isEnd)
  }

  /** A block of headers as HPACK has them. */
  headers(stream: number, block: Buffer, isEnd = false): this {
    return this.frame(HEADERS, END_HEADERS | (isEnd ? END_STREAM : 0), stream, block)
  }

  data(stream: number, payload: Buffer | string, isEnd = false): this {
    return this.frame(DATA, isEnd ? END_STREAM : 0, stream, payload)
  }

  reset(stream: number, code: number): this {
    const payload = Buffer.alloc(4)
    payload.writeUInt32BE(code)
    return this.frame(RST_STREAM, 0, stream, payload)
  }
}

/** One header line without indexing or compression. */
export function literal(name: string, value: string): Buffer {
  const parts = [Buffer.from([0]), text(name), text(value)]
  return Buffer.concat(parts)
}

/** What an endpoint made of frames does. */
export interface FrameServing {
  /** Called for each request's head. */
  request(writer: FrameWriter, stream: number): void
  /** Called for each frame of a request, its head included. */
  frame?(type: number, flags: number, stream: number): void
  /** Whether PINGs are answered. True by default. */
  readonly answersPings?: boolean
}

/** Starts an endpoint whose frames are written by hand. PINGs that came are counted. */
export async function startFrameEndpoint(
  t: Teardown,
  { request, frame, answersPings = true }: FrameServing,
): Promise<Endpoint & { readonly pings: number }> {
  let pings = 0
  const endpoint = await startRawEndpoint(t, (socket) => {
    const writer = new FrameWriter(socket)
    let buffered = Buffer.alloc(0)
    let isPastPreface = false
    writer.frame(SETTINGS, 0, 0)
    socket.on('data', (chunk: Buffer) => {
      buffered = Buffer.concat([buffered, chunk])
      if (!isPastPreface && buffered.length >= PREFACE_BYTES) {
        buffered = buffered.subarray(PREFACE_BYTES)
        isPastPreface = true
      }
      while (isPastPreface && buffered.length >= HEAD_BYTES) {
        const length = buffered.readUIntBE(0, 3)
        if (buffered.length < HEAD_BYTES + length) return
        const [type, flags] = [buffered.readUInt8(3), buffered.readUInt8(4)]
        const stream = buffered.readUInt32BE(5)
        const payload = buffered.subarray(HEAD_BYTES, HEAD_BYTES + length)
        buffered = buffered.subarray(HEAD_BYTES + length)
        if (stream > 0) frame?.(type, flags, stream)
        if (type === SETTINGS && (flags & ACK) === 0) writer.frame(SETTINGS, ACK, 0)
        else if (type === HEADERS) request(writer, stream)
        else if (type === PING && (flags & ACK) === 0) {
          pings++
          if (answersPings) writer.frame(PING, ACK, 0, payload)
        }
      }
    })
  })
  return Object.defineProperty(endpoint as Endpoint & { pings: number }, 'pings', {
    get: () => pings,
  })
}

function text(value: string): Buffer {
  if (value.length > 126) throw new RangeError('too long for one byte of length')
  return Buffer.concat([Buffer.from([value.length]), Buffer.from(value, 'latin1')])
}
