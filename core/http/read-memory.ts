import type { Socket } from 'node:net'

const SIZE_BYTES = 65_536
// Beyond this a copy costs more than new memory to read into.
const MOST_COPIED_BYTES = 4_096

/**
 * The memory that one connection reads into. Node by itself allocates 64 KiB for every read,
 * outside of V8's heap, and V8 answers with a full collection every 64 MiB or so: a sixth of the
 * processor time of large bodies. Here a read goes into the memory of the one before, unless
 * somebody still needs a piece of that: who does not say so in time is given it for good.
 */
export class ReadMemory {
  #buffer: Buffer | undefined = undefined
  #reading: Buffer | undefined = undefined
  #end = 0
  /** Pieces of what is being read that somebody may still need. */
  #lent = 0

  /** What to read into next; node keeps what it has when it is given nothing. */
  readonly next = (): Buffer => {
    if (this.#buffer !== undefined) return undefined as unknown as Buffer
    this.#buffer = Buffer.allocUnsafeSlow(SIZE_BYTES)
    return this.#buffer
  }

  begin(buffer: Buffer, end: number): void {
    this.#reading = buffer
    this.#end = end
    this.#lent = 0
  }

  /** A piece was handed over. */
  lent(): void {
    this.#lent++
  }

  /** The piece handed over last is not needed any more. */
  used(): void {
    if (this.#reading !== undefined) this.#lent--
  }

  /** The read was worked through; later calls of `used` say nothing. */
  end(): void {
    if (this.#lent > 0 && this.#reading === this.#buffer) this.#buffer = undefined
    this.#reading = undefined
  }

  /** A copy of the last bytes of what is being read. */
  behind(bytes: number): Buffer {
    if (this.#reading === undefined) return Buffer.alloc(0)
    return Buffer.from(this.#reading.subarray(this.#end - bytes, this.#end))
  }

  /**
   * Hands a read to the stream of its socket; gives what `push` gives. One that is kept waiting
   * there is copied where it is small, lest it hold all of this memory.
   */
  pushInto(socket: Socket, buffer: Buffer, bytes: number): boolean {
    const isWanted = socket.readableFlowing === true && socket.readableLength === 0
    const piece = buffer.subarray(0, bytes)
    if (!isWanted && bytes <= MOST_COPIED_BYTES) return socket.push(Buffer.from(piece))
    this.begin(buffer, bytes)
    this.lent()
    const goesOn = socket.push(piece)
    this.end()
    return goesOn
  }
}
