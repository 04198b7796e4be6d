import { type Flow, mix32, type Rng } from '#core'

const TWO_TO_32 = 2 ** 32

/**
 * Where a flow stands on [0, 1): by its key, so that equal keys stay together, else by chance. The
 * key is mixed once more, since strategies behind look at its bits as well, and with a salt of each
 * selector: one inside another would otherwise see those keys alone that stand where the outer one cut.
 */
export function pointOf({ key }: Flow, salt: number, rng: Rng): number {
  return key < 0 ? rng.unit() : mix32(key ^ salt) / TWO_TO_32
}
