import { AnswerError } from './answer-error.ts'

const CR = 13
const LF = 10
const SEMICOLON = 59
// Thirteen hexadecimal digits are 2^52 bytes: beyond that a number is no exact one in JavaScript.
const MOST_DIGITS = 13
// Node and others were brought down by extensions without bound (CVE-2024-22019).
const MOST_EXTENSION_BYTES = 16_384

const BEFORE = 0
const DIGITS = 1
const EXTENSION = 2
const AFTER_CR = 3
const DATA_END = 4
const DATA_LF = 5

/** Reads the lines between the chunks of one body (RFC 9112, 7.1), however they are cut up. */
export class ChunkSizes {
  #state = BEFORE
  #size = 0
  #digits = 0
  #extension = 0
  #isWhole = false

  begin(): void {
    this.#state = BEFORE
    this.#size = 0
    this.#digits = 0
    this.#extension = 0
    this.#isWhole = false
  }

  /**
   * Reads on; gives where it stopped: behind a size line, or at `end`.
   * @throws AnswerError for anything but hexadecimal digits, extensions and CRLF
   */
  read(bytes: Buffer, from: number, end: number): number {
    let at = from
    while (at < end && !this.#isWhole) this.#byte(bytes[at++] as number)
    return at
  }

  /** The size that was read, once; -1 while it is not whole. */
  take(): number {
    if (!this.#isWhole) return -1
    this.#isWhole = false
    this.#digits = 0
    this.#state = DATA_END
    const size = this.#size
    this.#size = 0
    return size
  }

  #byte(byte: number): void {
    switch (this.#state) {
      case DATA_END:
        if (byte !== CR) throw new AnswerError('a chunk that is longer than it says')
        this.#state = DATA_LF
        return
      case DATA_LF:
        if (byte !== LF) throw new AnswerError('a chunk without its CRLF')
        this.#state = BEFORE
        return
      case EXTENSION:
        this.#inExtension(byte)
        return
      case AFTER_CR:
        if (byte !== LF) throw new AnswerError('a bare CR behind a chunk size')
        this.#isWhole = true
        return
      default:
        this.#inSize(byte)
    }
  }

  #inSize(byte: number): void {
    const digit = hexDigit(byte)
    if (digit >= 0) {
      if (++this.#digits > MOST_DIGITS) throw new AnswerError('a chunk size beyond measure')
      this.#size = this.#size * 16 + digit
      this.#state = DIGITS
      return
    }
    if (this.#state !== DIGITS) throw new AnswerError('a chunk without a size')
    if (byte === CR) this.#state = AFTER_CR
    else if (byte === SEMICOLON) this.#state = EXTENSION
    else throw new AnswerError('a chunk size that is none')
  }

  #inExtension(byte: number): void {
    if (byte === CR) {
      this.#state = AFTER_CR
      return
    }
    const isControl = (byte < 32 && byte !== 9) || byte === 127
    if (isControl || ++this.#extension > MOST_EXTENSION_BYTES) {
      throw new AnswerError('a chunk extension that is none')
    }
  }
}

function hexDigit(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48
  const lower = byte | 32
  return lower >= 97 && lower <= 102 ? lower - 87 : -1
}
