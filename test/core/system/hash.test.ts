import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chiSquare, chiSquareLimit } from '../../../core/conformance/chi-square.ts'
import { hash32, mix32 } from '../../../core/system/hash.ts'

/** MurmurHash3_x86_32 as published, over bytes. */
function murmur3(bytes: Buffer, seed: number): number {
  const rotate = (value: number, by: number): number => (value << by) | (value >>> (32 - by))
  const scramble = (k: number): number =>
    Math.imul(rotate(Math.imul(k, 0xcc9e2d51), 15), 0x1b873593)
  let hash = seed | 0
  const blocks = bytes.length & ~3
  for (let i = 0; i < blocks; i += 4) {
    hash = rotate(hash ^ scramble(bytes.readInt32LE(i)), 13)
    hash = (Math.imul(hash, 5) + 0xe6546b64) | 0
  }
  let tail = 0
  for (let i = bytes.length - 1; i >= blocks; i--) tail = (tail << 8) | (bytes[i] ?? 0)
  if (bytes.length > blocks) hash ^= scramble(tail)
  hash ^= bytes.length
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

test('the model of these tests is MurmurHash3', () => {
  assert.equal(murmur3(Buffer.from(''), 0), 0)
  assert.equal(murmur3(Buffer.from(''), 1), 0x514e28b7)
  assert.equal(murmur3(Buffer.from('test'), 0x9747b28c), 0x704b81dc)
  assert.equal(murmur3(Buffer.from('Hello, world!'), 0x9747b28c), 0x24884cba)
})

test('a text hashes as its UTF-16 bytes do', () => {
  const texts = ['', 'a', 'ab', 'abc', '10.0.0.1:9001', 'é', '日本語', '😀', '\0', 'x'.repeat(999)]
  for (const text of texts) {
    for (const seed of [0, 1, 0x9747b28c, 2 ** 32 - 1]) {
      assert.equal(
        hash32(text, seed),
        murmur3(Buffer.from(text, 'utf16le'), seed),
        `${text} ${seed}`,
      )
    }
  }
})

test('a hash is an unsigned 32-bit integer', () => {
  for (let i = 0; i < 1_000; i++) {
    const hash = hash32(`key-${i}`)
    assert.equal(hash, hash >>> 0)
  }
})

const families: Readonly<Record<string, (n: number) => string>> = {
  'sequential numbers': String,
  'numbers with a prefix': (n) => `user-${n}`,
  'numbers with a suffix': (n) => `${n}:9001`,
  'padded numbers': (n) => String(n).padStart(12, '0'),
  addresses: (n) => `10.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`,
}
for (const [family, key] of Object.entries(families)) {
  test(`the low bits, and the high ones, of ${family} fill a table evenly`, () => {
    const [low, high] = [new Array<number>(256).fill(0), new Array<number>(256).fill(0)]
    for (let n = 0; n < 65_536; n++) {
      const hash = hash32(key(n))
      low[hash & 255] = (low[hash & 255] ?? 0) + 1
      high[hash >>> 24] = (high[hash >>> 24] ?? 0) + 1
    }
    assert.ok(chiSquare(low) < chiSquareLimit(256), `low: ${chiSquare(low)}`)
    assert.ok(chiSquare(high) < chiSquareLimit(256), `high: ${chiSquare(high)}`)
  })
}

/** How often each output bit flips when one input bit does, for every pair of them. */
function flips(bits: number, hash: (input: number) => number): number[] {
  const shares: number[] = []
  const samples = 2_000
  for (let bit = 0; bit < bits; bit++) {
    const counts = new Array<number>(32).fill(0)
    for (let n = 0; n < samples; n++) {
      const input = Math.imul(n, 0x9e3779b1) >>> 0
      const change = hash(input) ^ hash((input ^ (1 << bit)) >>> 0)
      for (let out = 0; out < 32; out++) counts[out] = (counts[out] ?? 0) + ((change >>> out) & 1)
    }
    shares.push(...counts.map((count) => count / samples))
  }
  return shares
}

test('each input bit flips each output bit in half of all cases', () => {
  const text = (n: number): string => String.fromCharCode(n & 0xffff, n >>> 16)
  for (const hash of [mix32, (n: number) => hash32(text(n)), (n: number) => hash32('a', n)]) {
    const shares = flips(32, hash)
    // 2,000 samples: the standard deviation of a share is 0.011.
    assert.ok(Math.min(...shares) > 0.42, `${Math.min(...shares)}`)
    assert.ok(Math.max(...shares) < 0.58, `${Math.max(...shares)}`)
  }
})

test('mixing loses nothing: no two integers become one', () => {
  const seen = new Set<number>()
  for (let n = 0; n < 100_000; n++) seen.add(mix32(n * 42_949))
  assert.equal(seen.size, 100_000)
})
