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
  /** How much of a buffer the last read filled; only for buffers in use. */
  readonly #filled = new WeakMap<ArrayBufferLike, Buffer>()

  /** A buffer to read into. */
  readonly take = (): Buffer => this.#free.pop() ?? Buffer.allocUnsafeSlow(SIZE_BYTES)

  /** What a read brought, as a view over the buffer. */
  filled(buffer: Buffer, bytes: number): Buffer {
    const view = buffer.subarray(0, bytes)
    this.#filled.set(view.buffer, view)
    return view
  }

  /**
   * Gives back the buffer under a piece of what a read brought, if the piece is the last one: the
   * bytes before it must have been used up too. Does nothing for any other memory.
   */
  give(piece: Buffer): void {
    const view = this.#filled.get(piece.buffer)
    if (view === undefined || piece.byteOffset + piece.byteLength !== view.byteLength) return
    this.#filled.delete(piece.buffer)
    if (this.#free.length < MOST_FREE) this.#free.push(Buffer.from(view.buffer))
  }
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
