import { type Flow, mix32, type Rng } from '#core'

const TWO_TO_32 = 2 ** 32

/**
 * Where a flow stands on [0, 1): by its key, so that equal keys stay together, else by chance. The
 * key is mixed once more: strategies behind look at its bits as well.
 */
export function pointOf(flow: Flow, rng: Rng): number {
  return flow.key < 0 ? rng.unit() : mix32(flow.key ^ 0x9e3779b9) / TWO_TO_32
}
