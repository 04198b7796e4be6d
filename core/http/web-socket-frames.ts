const CLOSE = 8
const FIN = 0x80
const MASKED = 0x80
const KEY_BYTES = 4

/**
 * Knows where frames end in one direction of a WebSocket (RFC 6455, 5.2). It reads headers alone and
 * skips payloads by their lengths, so what it costs goes with the frames, not with the bytes.
 */
export class FrameTracker {
  /** Whether a close frame has begun: no other frame may follow it (5.5.1). */
  hasClosed = false
  /** Bytes still to come of the payload under way. */
  #left = 0
  /** How many bytes of a header have come, and how many it has as far as they tell. */
  #seen = 0
  #size = 2
  /** The payload's length as far as the header has told it, and how many bytes tell it. */
  #length = 0
  #lengthBytes = 0

  /** Whether the byte that came last was the last one of a frame. */
  get isBetween(): boolean {
    return this.#left === 0 && this.#seen === 0
  }

  /** Goes on by all of a chunk. */
  pass(chunk: Uint8Array): void {
    if (chunk.length < this.#left) this.#left -= chunk.length
    else this.#walk(chunk, false)
  }

  /** Goes on up to the first place in a chunk where no frame is under way, and gives it; -1 for none. */
  passToEnd(chunk: Uint8Array): number {
    return this.#walk(chunk, true)
  }

  #walk(chunk: Uint8Array, toEnd: boolean): number {
    let at = 0
    for (;;) {
      const skipped = Math.min(this.#left, chunk.length - at)
      at += skipped
      this.#left -= skipped
      if (toEnd && this.isBetween) return at
      if (at === chunk.length) return -1
      while (at < chunk.length && !this.#header(chunk[at++] as number)) {}
    }
  }

  /** Takes one byte of a header; true for its last one. */
  #header(byte: number): boolean {
    const place = this.#seen++
    if (place === 0) this.hasClosed ||= (byte & 15) === CLOSE
    else if (place === 1) this.#measure(byte)
    // Inexact beyond 2^53, and nobody sends so much in one frame.
    else if (place < 2 + this.#lengthBytes) this.#length = this.#length * 256 + byte
    if (this.#seen < this.#size) return false
    this.#left = this.#length
    this.#seen = 0
    this.#size = 2
    return true
  }

  #measure(byte: number): void {
    const short = byte & 127
    this.#lengthBytes = short === 127 ? 8 : short === 126 ? 2 : 0
    this.#length = this.#lengthBytes === 0 ? short : 0
    this.#size = 2 + this.#lengthBytes + ((byte & MASKED) === 0 ? 0 : KEY_BYTES)
  }
}

/** A close frame as endpoints send it. `reason` is ASCII, at most 123 characters. */
export function closeFrame(code: number, reason: string): Buffer {
  const frame = Buffer.allocUnsafe(4 + reason.length)
  frame[0] = FIN | CLOSE
  frame[1] = 2 + reason.length
  frame.writeUInt16BE(code, 2)
  frame.write(reason, 4, 'latin1')
  return frame
}

/** The same frame as clients send it, masked with a 32-bit key. */
export function maskedFrame(frame: Buffer, key: number): Buffer {
  const masked = Buffer.allocUnsafe(frame.length + KEY_BYTES)
  masked[0] = frame[0] as number
  masked[1] = (frame[1] as number) | MASKED
  masked.writeUInt32BE(key, 2)
  for (let i = 2; i < frame.length; i++) {
    masked[i + KEY_BYTES] = (frame[i] as number) ^ (masked[2 + ((i - 2) & 3)] as number)
  }
  return masked
}
