import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chiSquare, chiSquareLimit } from '../../../core/conformance/chi-square.ts'
import type { Rng } from '../../../core/contracts/clock.ts'
import { freshSeed, SeededRng } from '../../../core/system/rng.ts'

const DRAWS = 100_000
const LIMITS = [2, 3, 5, 7, 10, 16, 100, 1_000]

function draw(rng: Rng, times: number, limit = 2 ** 32): number[] {
  return Array.from({ length: times }, () => rng.below(limit))
}

test('the same seed gives the same run', () => {
  for (const seed of [0, 1, -1, 42, 2 ** 31, 2 ** 32 - 1]) {
    assert.deepEqual(draw(new SeededRng(seed), 100), draw(new SeededRng(seed), 100))
  }
})

test('neighbouring seeds give runs that have nothing in common', () => {
  const seen = new Set<number>()
  for (let seed = 0; seed < 1_000; seed++)
    for (const one of draw(new SeededRng(seed), 10)) seen.add(one)
  // 10,000 honest draws of 32 bits collide 0.01 times on average.
  assert.ok(seen.size >= 9_998, `${seen.size}`)
})

test('a fork does not depend on what was drawn before', () => {
  const [fresh, used] = [new SeededRng(7), new SeededRng(7)]
  draw(used, 1_000)
  used.unit()
  used.fork('other')
  assert.deepEqual(draw(fresh.fork('x'), 100), draw(used.fork('x'), 100))
})

test('forking does not move the generator', () => {
  const [one, other] = [new SeededRng(7), new SeededRng(7)]
  one.fork('x')
  assert.deepEqual(draw(one, 100), draw(other, 100))
})

test('forks of different labels, seeds and depths differ', () => {
  const root = new SeededRng(7)
  const forks = [
    root,
    root.fork('x'),
    root.fork('y'),
    root.fork('x').fork('y'),
    root.fork('y').fork('x'),
    root.fork('xy'),
    new SeededRng(8).fork('x'),
  ]
  const runs = forks.map((fork) => draw(fork, 10).join())
  assert.equal(new Set(runs).size, forks.length)
})

for (const limit of LIMITS) {
  test(`below(${limit}) gives each integer under it equally often`, () => {
    const counts = new Array<number>(limit).fill(0)
    for (const one of draw(new SeededRng(11), DRAWS, limit)) {
      assert.ok(Number.isInteger(one) && one >= 0 && one < limit)
      counts[one] = (counts[one] ?? 0) + 1
    }
    const found = chiSquare(counts)
    assert.ok(found < chiSquareLimit(limit), `seed 11: ${found} for ${limit} bins`)
  })
}

test('two draws in a row are independent of each other', () => {
  const rng = new SeededRng(12)
  const counts = new Array<number>(64).fill(0)
  for (let i = 0; i < DRAWS; i++) {
    const pair = rng.below(8) * 8 + rng.below(8)
    counts[pair] = (counts[pair] ?? 0) + 1
  }
  assert.ok(chiSquare(counts) < chiSquareLimit(64), 'seed 12')
})

test('the same draw of sequential forks is uniform too', () => {
  const rng = new SeededRng(13)
  const counts = new Array<number>(16).fill(0)
  for (let i = 0; i < 20_000; i++) {
    const one = rng.fork(`use-${i}`).below(16)
    counts[one] = (counts[one] ?? 0) + 1
  }
  assert.ok(chiSquare(counts) < chiSquareLimit(16), 'seed 13')
})

test('below(1) is 0, and below(2^32) reaches its upper half', () => {
  assert.deepEqual(new Set(draw(new SeededRng(1), 100, 1)), new Set([0]))
  const large = draw(new SeededRng(1), 1_000)
  assert.ok(large.some((one) => one >= 2 ** 31) && large.every((one) => one < 2 ** 32))
})

test('unit is in [0, 1) and uniform', () => {
  const rng = new SeededRng(14)
  const counts = new Array<number>(20).fill(0)
  for (let i = 0; i < DRAWS; i++) {
    const one = rng.unit()
    assert.ok(one >= 0 && one < 1)
    const bin = Math.floor(one * 20)
    counts[bin] = (counts[bin] ?? 0) + 1
  }
  assert.ok(chiSquare(counts) < chiSquareLimit(20), 'seed 14')
})

test('a fresh seed is a 32-bit integer, another one each time', () => {
  const seeds = new Set(Array.from({ length: 20 }, freshSeed))
  assert.ok(seeds.size > 15)
  for (const seed of seeds) assert.equal(seed, seed >>> 0)
})
