import type { Socket } from 'node:net'

const SIZE_BYTES = 65_536
// 4 MiB at the most wait for use; more is left to the garbage collector.
const MOST_FREE = 64

/**
 * Memory that sockets read into. Node by itself allocates 64 KiB for every read, outside of V8's
 * heap, and V8 answers with a full collection every 64 MiB or so: a sixth of the processor time of
 * large bodies. Whoever has used up what a read brought gives its memory back here; what nobody
 * gives back is collected as ever, so forgetting is safe. Giving back too early is not.
 */
export class ReadBuffers {
  readonly #free: Buffer[] = []

  /** A buffer to read into. */
  readonly take = (): Buffer => this.#free.pop() ?? fresh()

  /** What a read brought, as a view over the buffer. */
  filled(buffer: Buffer, bytes: number): Buffer {
    const memory: Memory = buffer.buffer
    memory[FILLED] = bytes
    return buffer.subarray(0, bytes)
  }

  /**
   * Gives back the buffer under a piece of what a read brought, if the piece is the last one: the
   * bytes before it must have been used up too. Does nothing for any other memory.
   */
  give(piece: Buffer): void {
    const memory: Memory = piece.buffer
    const whole = memory[WHOLE]
    if (whole === undefined || memory[FILLED] !== piece.byteOffset + piece.byteLength) return
    memory[FILLED] = NOT_IN_USE
    if (this.#free.length < MOST_FREE) this.#free.push(whole)
  }
}

const FILLED = Symbol('filled')
const WHOLE = Symbol('whole')
const NOT_IN_USE = -1

/** What is ours carries its buffer and how much of it the last read filled. */
type Memory = ArrayBufferLike & { [FILLED]?: number; [WHOLE]?: Buffer }

function fresh(): Buffer {
  const buffer = Buffer.allocUnsafeSlow(SIZE_BYTES)
  const memory: Memory = buffer.buffer
  memory[FILLED] = NOT_IN_USE
  memory[WHOLE] = buffer
  return buffer
}

/** The `onread` of a socket that pushes what it reads into its stream, as sockets do by themselves. */
export function readingInto(buffers: ReadBuffers) {
  return {
    buffer: buffers.take,
    callback(this: Socket, bytes: number, buffer: Uint8Array): boolean {
      return this.push(buffers.filled(buffer as Buffer, bytes))
    },
  }
}
