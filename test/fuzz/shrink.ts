// Each try may wait for a timeout of the gateway's.
const MOST_TRIES = 100

/** Leaves pieces of the bytes out, large ones first, as long as what is left still fails. */
export async function shrink(
  pieces: readonly string[],
  attempt: (pieces: readonly string[]) => Promise<string | undefined>,
): Promise<string> {
  let best = pieces.join('')
  let tries = 0
  // Cutting it up may be what makes it fail.
  if ((await attempt([best])) === undefined) return pieces.join('')
  for (let size = best.length >> 1; size > 0 && tries < MOST_TRIES; size >>= 1) {
    for (let at = 0; at < best.length && tries < MOST_TRIES; ) {
      tries++
      const fewer = best.slice(0, at) + best.slice(at + size)
      if ((await attempt([fewer])) === undefined) at += size
      else best = fewer
    }
  }
  return best
}
