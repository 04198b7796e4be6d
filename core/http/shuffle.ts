import type { Rng } from '../contracts/clock.ts'

/** Puts a list in random order: Fisher and Yates. */
export function shuffle<T>(list: T[], rng: Rng): void {
  for (let i = list.length - 1; i > 0; i--) {
    const j = rng.below(i + 1)
    const swapped = list[i] as T
    list[i] = list[j] as T
    list[j] = swapped
  }
}
