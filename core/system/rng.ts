import type { Rng } from '../contracts/clock.ts'
import { hash32, mix32 } from './hash.ts'

const TWO_TO_32 = 2 ** 32

/** A seed that nobody can guess, for a gateway that was given none. */
export function freshSeed(): number {
  return Math.floor(Math.random() * TWO_TO_32)
}

/**
 * A generator that repeats itself for the same seed: sfc32 (Doty-Humphrey, PractRand), 32 bits a
 * draw, expected period 2^127. Not for secrets.
 */
export class SeededRng implements Rng {
  readonly #seed: number
  #a: number
  #b: number
  #c: number
  #counter = 1

  /** `seed` is a 32-bit integer. */
  constructor(seed: number) {
    this.#seed = seed | 0
    this.#a = mix32(this.#seed)
    this.#b = mix32(this.#seed ^ 0x9e3779b9)
    this.#c = mix32(this.#seed ^ 0x7f4a7c15)
    // The author's advice: twelve rounds part the streams of neighbouring seeds.
    for (let round = 0; round < 12; round++) this.#next()
  }

  // The product has at most 53 bits for limits below 2^21 and is off by 2^-32 of a step above.
  below(limit: number): number {
    return Math.floor((this.#next() * limit) / TWO_TO_32)
  }

  unit(): number {
    return this.#next() / TWO_TO_32
  }

  fork(label: string): SeededRng {
    return new SeededRng(hash32(label, this.#seed))
  }

  #next(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0
    this.#counter = (this.#counter + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0
    return sum >>> 0
  }
}
