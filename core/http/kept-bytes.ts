// Within these an allocation of its own costs more than a copy; a block holds several.
const SMALL_BYTES = 1_024
const BLOCK_BYTES = 4_096
const NO_BYTES = Buffer.alloc(0)

/**
 * Bytes kept for later, in memory of about their own size: a client that sends them one by one must
 * not have a buffer, of some 400 bytes, made of each.
 */
export class KeptBytes {
  readonly #pieces: Buffer[] = []
  #block = NO_BYTES
  #used = 0

  add(piece: Buffer): void {
    // Most bodies are one piece: that one is kept as it is.
    if (this.#pieces.length === 0 || piece.length >= SMALL_BYTES) {
      this.#endBlock()
      this.#pieces.push(piece)
      return
    }
    if (this.#used + piece.length > this.#block.length) {
      this.#endBlock()
      this.#block = Buffer.allocUnsafeSlow(BLOCK_BYTES)
    }
    this.#used += piece.copy(this.#block, this.#used)
  }

  /** All of them, in order. */
  get pieces(): readonly Buffer[] {
    this.#endBlock()
    return this.#pieces
  }

  #endBlock(): void {
    if (this.#used > 0) this.#pieces.push(this.#block.subarray(0, this.#used))
    this.#block = NO_BYTES
    this.#used = 0
  }
}
