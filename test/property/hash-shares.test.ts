import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { StrategyUse } from '../../core/contracts/uses.ts'
import { maglev, rendezvous, ringHash } from '../../plugins/index.ts'
import { drawn, evenly, keyed, named } from '../support/keyed.ts'

// Figures and tolerances of the literature: Lamping and Veach 2014 for rings, Maglev's paper (NSDI 2016).
const SEED = 20_261_125
const KEYS = 100_000
const RINGS = 16

test('100 endpoints with 100 points each have shares that differ by 10 %', () => {
  const shares = ringShares(100, 100, 2 ** 18)
  near(deviation(shares), 0.1, 0.05)
  const [low, high] = [shares[Math.floor(shares.length * 0.005)], shares.at(-9)]
  near(low ?? 0, 0.76, 0.05)
  near(high ?? 0, 1.28, 0.05)
})

test('a ring of 11 points for each of 100 endpoints is uneven', () => {
  const shares = ringShares(100, 11, 2 ** 18)
  near(deviation(shares), 0.3, 0.1)
  const rings = Array.from({ length: RINGS }, (_, ring) => ringShares(100, 11, 2 ** 18, [ring]))
  near(mean(rings.map((ring) => ring.at(-1) ?? 0)), 1.92, 0.1)
  near(mean(rings.map((ring) => ring[0] ?? 0)), 0.4, 0.1)
})

test('160 points, as by default, are even to 8 %', () => {
  near(deviation(ringShares(100, undefined, 2 ** 18)), 0.0787, 0.05)
})

test('a Maglev table gives 1,000 endpoints 65 or 66 of its 65,537 slots', () => {
  const ready = named(1_000)
  const counts = new Set(keyed(maglev(), ready).counts(ready, slots()))
  assert.deepEqual([...counts].sort(), [65, 66])
})

const MOVES = [
  { count: 10, changed: 0.1023 },
  { count: 100, changed: 0.0159 },
  { count: 1_000, changed: 0.0067 },
]
for (const { count, changed } of MOVES) {
  test(`one of ${count} endpoints that leaves changes ${changed * 100} % of a Maglev table`, () => {
    const ready = named(count)
    const bench = keyed(maglev(), ready)
    const before = bench.owners(slots())
    const found = [0, 3, 7].map((gone) => {
      bench.update(ready.filter((_stand, place) => place !== gone))
      return moved(before, bench.owners(slots())) / before.length
    })
    near(mean(found), changed, 0.15)
    if (count <= 100) for (const one of found) assert.ok(one <= 2 / count, `${one}`)
  })
}

const STRATEGIES: readonly [string, () => StrategyUse, spread: number][] = [
  ['ringHash', () => ringHash(), 1 / Math.sqrt(160)],
  ['maglev', () => maglev(), 0],
  ['rendezvous', () => rendezvous(), 0],
]
for (const [name, use, spread] of STRATEGIES) {
  const isExact = name !== 'maglev'

  test(`${name}: an endpoint that leaves or joins moves its own share of the keys`, () => {
    console.log(`seed ${SEED}`)
    const keys = [...drawn(KEYS, SEED)]
    for (const count of [10, 100]) {
      const ready = named(count)
      const bench = keyed(use(), ready)
      const before = bench.owners(keys)
      for (const gone of [1, 4, 8]) {
        const left = ready[gone]
        bench.update(ready.filter((stand) => stand !== left))
        const after = bench.owners(keys)
        const own = before.filter((id) => id === left?.id).length
        const changed = moved(before, after)
        assert.ok(!after.includes(left?.id ?? ''))
        within4Sigma(own, count, spread)
        // A Maglev table moves some keys of others too.
        if (isExact) assert.equal(changed, own)
        else assert.ok(changed <= (2 / count) * KEYS, `${changed} of ${own}`)
        bench.update(ready)
        assert.deepEqual(bench.owners(keys), before)
      }
    }
  })

  test(`${name}: keys of an endpoint that left go to all others alike`, () => {
    const ready = named(10)
    const keys = [...drawn(KEYS, SEED)]
    const bench = keyed(use(), ready)
    const before = bench.owners(keys)
    const orphans = keys.filter((_key, n) => before[n] === ready[3]?.id)
    const rest = ready.filter((_stand, place) => place !== 3)
    bench.update(rest)
    for (const count of bench.counts(rest, orphans)) {
      // A ring hands each of its 160 arcs to one neighbour.
      const sigma = Math.sqrt(orphans.length / 9) + (spread * 3 * orphans.length) / 9
      assert.ok(Math.abs(count - orphans.length / 9) < 4 * sigma, `${count} of ${orphans.length}`)
    }
  })

  test(`${name}: shares follow weights`, () => {
    const ready = named(9)
    const weights = [1, 1, 2, 3, 5, 0.5, 10, 0.1, 7.5]
    for (const [place, stand] of ready.entries()) stand.weight = weights[place] ?? 1
    const whole = weights.reduce((sum, weight) => sum + weight, 0)
    const counts = keyed(use(), ready).counts(ready, drawn(KEYS, SEED))
    for (const [place, count] of counts.entries()) {
      const share = (weights[place] ?? 0) / whole
      const points = 160 * (weights[place] ?? 0)
      const sigma =
        Math.sqrt(KEYS * share * (1 - share)) + (spread && (KEYS * share) / points ** 0.5)
      // A slot of Maglev's table more or less.
      const slot = isExact ? 0 : (2 * KEYS) / 65_537
      assert.ok(Math.abs(count - KEYS * share) < 4 * sigma + slot, `${weights[place]}: ${count}`)
    }
  })

  test(`${name}: a weight that falls moves keys away from its endpoint, and to no other`, () => {
    const ready = named(20)
    const keys = [...drawn(KEYS, SEED)]
    const bench = keyed(use(), ready)
    const before = bench.owners(keys)
    const [lighter] = ready
    if (lighter !== undefined) lighter.weight = 0.5
    bench.update(ready)
    const after = bench.owners(keys)
    const changed = keys.flatMap((_key, n) => (before[n] === after[n] ? [] : [before[n]]))
    const others = changed.filter((id) => id !== lighter?.id)
    if (isExact) assert.deepEqual(others, [])
    else assert.ok(others.length < 0.05 * KEYS, `${others.length}`)
    assert.ok(changed.length > 0.01 * KEYS)
  })
}

test('weights of a Maglev table are right to a slot for each endpoint', () => {
  const ready = named(50)
  for (const [place, stand] of ready.entries()) stand.weight = 1 + (place % 7)
  const whole = ready.reduce((sum, { weight }) => sum + weight, 0)
  const counts = keyed(maglev(), ready).counts(ready, slots())
  for (const [place, count] of counts.entries()) {
    const exact = (65_537 * (ready[place]?.weight ?? 0)) / whole
    assert.ok(Math.abs(count - exact) <= 1 + exact / 1_000, `${count} for ${exact}`)
  }
})

test('an endpoint a hundred thousand times lighter than another has a slot all the same', () => {
  const ready = named(3)
  for (const [place, stand] of ready.entries()) stand.weight = [65_535, 0.1, 1][place] ?? 1
  const counts = keyed(maglev(), ready).counts(ready, slots())
  assert.ok(Math.min(...counts) >= 1, `${counts}`)
})

test('weights that ask for more points than a ring has are scaled down together', () => {
  const ready = named(20)
  for (const [place, stand] of ready.entries()) stand.weight = place < 10 ? 20_000 : 10_000
  const counts = keyed(ringHash(), ready).counts(ready, drawn(KEYS, SEED))
  const heavy = counts.slice(0, 10).reduce((sum, count) => sum + count, 0)
  near(heavy / KEYS, 2 / 3, 0.02)
})

/** Shares of all endpoints of some rings, in units of the mean, sorted. */
function ringShares(
  count: number,
  points: number | undefined,
  keys: number,
  rings: Iterable<number> = Array.from({ length: RINGS }, (_, ring) => ring),
): number[] {
  const shares = Array.from(rings, (ring) => {
    const ready = named(count, `${ring}.`)
    const bench = keyed(points === undefined ? ringHash() : ringHash({ points }), ready)
    return bench.counts(ready, evenly(keys)).map((found) => (found * count) / keys)
  })
  return shares.flat().sort((a, b) => a - b)
}

/** One key for each slot of the default table. */
function* slots(): Generator<number> {
  for (let slot = 0; slot < 65_537; slot++) yield slot
}

function moved(before: readonly string[], after: readonly string[]): number {
  return before.filter((id, n) => id !== after[n]).length
}

function within4Sigma(found: number, count: number, spread: number): void {
  const mean = KEYS / count
  const sigma = Math.sqrt(mean * (1 - 1 / count) + (mean * spread) ** 2)
  assert.ok(Math.abs(found - mean) < 4 * sigma, `${found}, ${mean} +- ${4 * sigma}`)
}

function near(found: number, expected: number, tolerance: number): void {
  const message = `${found} is not within ${tolerance * 100} % of ${expected}`
  assert.ok(Math.abs(found / expected - 1) <= tolerance, message)
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

function deviation(values: readonly number[]): number {
  const middle = mean(values)
  return Math.sqrt(mean(values.map((value) => (value - middle) ** 2))) / middle
}
