import type { Rng, Strategy } from '#core'
import { Random } from '../random.ts'
import { RoundRobin } from '../round-robin.ts'

const FALLBACKS = {
  random: (rng: Rng): Strategy => new Random(rng),
  'round-robin': (): Strategy => new RoundRobin(),
}

/** A strategy for flows without a key. */
export type FallbackName = keyof typeof FALLBACKS

export const FALLBACK_NAMES = Object.keys(FALLBACKS) as FallbackName[]

export function fallback(name: FallbackName, rng: Rng): Strategy {
  return FALLBACKS[name](rng)
}
