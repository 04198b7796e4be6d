const CELLS = 24

/** A bar on a terminal; nothing anywhere else, so that logs and pipes stay clean. */
export class Progress {
  readonly #stream: NodeJS.WriteStream
  #shown = -1

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream
  }

  /** `share` is from 0 to 1. */
  show(label: string, share: number): void {
    const percent = Math.floor(share * 100)
    if (!this.#stream.isTTY || percent === this.#shown) return
    this.#shown = percent
    const filled = Math.round(share * CELLS)
    const bar = '#'.repeat(filled).padEnd(CELLS, '.')
    this.#stream.write(`\r\x1b[K[${bar}] ${percent} % ${label}`)
  }

  clear(): void {
    if (this.#stream.isTTY && this.#shown >= 0) this.#stream.write('\r\x1b[K')
    this.#shown = -1
  }
}
