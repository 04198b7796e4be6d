/**
 * Hashes a text to 32 bits, unsigned: MurmurHash3 (x86, 32 bit) over its UTF-16 code units, two
 * bytes each. Every input bit reaches every output bit, so its low bits serve as a table index.
 */
export function hash32(text: string, seed = 0): number {
  let hash = seed | 0
  const pairs = text.length & ~1
  for (let i = 0; i < pairs; i += 2) {
    hash ^= scramble(text.charCodeAt(i) | (text.charCodeAt(i + 1) << 16))
    hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64) | 0
  }
  if (text.length > pairs) hash ^= scramble(text.charCodeAt(pairs))
  return mix32(hash ^ (text.length * 2))
}

/** Spreads the bits of a 32-bit integer over all of it: MurmurHash3's finalizer, a bijection. */
export function mix32(value: number): number {
  let hash = value
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

function scramble(block: number): number {
  const product = Math.imul(block, 0xcc9e2d51)
  return Math.imul((product << 15) | (product >>> 17), 0x1b873593)
}
