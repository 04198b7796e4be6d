const SIZE_BYTES = 65_536
// A read of so much is the beginning of something large.
const BULK_BYTES = 16_384
// After so many reads of less, nothing large is under way any more.
const MOST_SMALL = 32

// What reads of it is copied, so nobody needs any of it when the next read begins.
const COMMON = Buffer.allocUnsafeSlow(SIZE_BYTES)

/**
 * The memory that one side of a connection reads into: one block for all connections of the process
 * while little comes, of which small pieces are copied, and one of its own while much does, which is
 * read into again once what was read is out. 64 KiB for each connection, or as node does for each
 * read, cost more than all the rest of a short connection: V8 collects them at once and often.
 */
export class StreamMemory {
  #own: Buffer | undefined = undefined
  #small = 0

  /** What to read into next. */
  readonly next = (): Buffer => this.#own ?? COMMON

  /** Hands a read on; `give` tells whether the piece is not needed any more when it returns. */
  take(read: Uint8Array, bytes: number, give: (piece: Buffer) => boolean): void {
    const memory = read as Buffer
    if (memory !== this.#own) {
      if (bytes >= BULK_BYTES) this.#own = Buffer.allocUnsafeSlow(SIZE_BYTES)
      const piece = Buffer.allocUnsafe(bytes)
      memory.copy(piece, 0, 0, bytes)
      give(piece)
      return
    }
    this.#small = bytes < BULK_BYTES ? this.#small + 1 : 0
    const isFree = give(memory.subarray(0, bytes))
    if (this.#small === MOST_SMALL) {
      this.#small = 0
      this.#own = undefined
    } else if (!isFree) this.#own = Buffer.allocUnsafeSlow(SIZE_BYTES)
  }
}
