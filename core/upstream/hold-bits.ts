import type { Chooser } from './chooser.ts'
import { HOLD_BITS, type LiveEndpoint } from './endpoint.ts'

/** Which bits of its endpoints' `holds` the plugin uses of one upstream have. */
export class HoldBits {
  readonly #chooser: Chooser
  #taken = 1

  constructor(chooser: Chooser) {
    this.#chooser = chooser
  }

  /** A bit for one use's holds. @throws RangeError when all are taken */
  take(upstream: string, drain: boolean): number {
    for (let bit = 1; bit <= HOLD_BITS; bit++) {
      if ((this.#taken & (1 << bit)) !== 0) continue
      this.#taken |= 1 << bit
      if (drain) this.#chooser.drainBits |= 1 << bit
      return bit
    }
    throw new RangeError(`upstream ${upstream}: more than ${HOLD_BITS} plugin uses hold endpoints`)
  }

  /** Whether something but a drain holds an endpoint that has not left. */
  isDown({ holds, hasLeft }: LiveEndpoint): boolean {
    return !hasLeft && (holds & ~this.#chooser.drainBits) !== 0
  }

  free(bits: readonly number[]): void {
    for (const bit of bits) {
      if (bit === 0) continue
      this.#taken &= ~(1 << bit)
      this.#chooser.drainBits &= ~(1 << bit)
    }
  }
}
