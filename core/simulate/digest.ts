import { mix32 } from '../system/hash.ts'

const time = new Float64Array(1)
const halves = new Uint32Array(time.buffer)

/**
 * Sums up everything that happened, in its order, in 64 bits: two runs that differ in one decision or
 * one time have another digest, but for one in 2^64. Not for secrets.
 */
export class Digest {
  #left = 0x9e3779b9 | 0
  #right = 0x7f4a7c15 | 0

  /** `what` is a 32-bit integer, such as an endpoint's index. */
  add(at: number, what: number): void {
    time[0] = at
    const low = halves[0] as number
    const high = halves[1] as number
    this.#left = Math.imul(this.#left ^ low, 0x85ebca6b) + Math.imul(high, 0xc2b2ae35)
    this.#left = ((this.#left << 13) | (this.#left >>> 19)) ^ what
    this.#right = Math.imul(this.#right ^ what ^ high, 0xcc9e2d51) + this.#left
    this.#right = (this.#right << 17) | (this.#right >>> 15)
  }

  /** 16 hexadecimal digits. */
  toString(): string {
    return hex(mix32(this.#left)) + hex(mix32(this.#right ^ this.#left))
  }
}

function hex(word: number): string {
  return word.toString(16).padStart(8, '0')
}
