import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SeededRng } from 'sluice/testing'
import type { Limit } from '../../../plugins/rate-limit/algorithm.ts'
import { ALGORITHMS, limitOf } from '../../../plugins/rate-limit/limits.ts'
import { Rule, Verdict } from '../../../plugins/rate-limit/rule.ts'

const SEED = Number(process.env.SEED ?? 1)
const rng = new SeededRng(SEED)
console.log(`seed ${SEED}`)

type Name = keyof typeof ALGORITHMS

function limit(name: Name, quota: number, windowMs: number, burst = quota): Limit {
  return limitOf(ALGORITHMS[name], name, quota, burst, windowMs)
}

/** One key of a rule, asked at microseconds. */
function key(...limits: Limit[]) {
  const rule = new Rule(limits)
  const cells = new Float64Array(rule.cells)
  const verdict = new Verdict(limits.length)
  return {
    verdict,
    ask(nowUs: number, cost = 1): boolean {
      return rule.take(cells, 0, nowUs, cost, cost, verdict) === cost
    },
  }
}

const NAMES: Name[] = ['tokenBucket', 'slidingWindow', 'fixedWindow']

test('GCRA decides as a continuous token bucket does, at each of 200,000 random arrivals', () => {
  let differing = 0
  let admitted = 0
  for (let run = 0; run < 20; run++) {
    const quota = 1 + rng.below(50)
    const burst = 1 + rng.below(80)
    const windowMs = 1 + rng.below(5_000)
    const one = key(limit('tokenBucket', quota, windowMs, burst))
    // A bucket as textbooks have it, in exact fractions: tokens are BigInts in units of 1/window.
    const windowUs = BigInt(windowMs * 1_000)
    let tokens = BigInt(burst) * windowUs
    let before = 0
    let now = 0
    const gapUs = Math.ceil((windowMs * 2_000) / quota)
    for (let i = 0; i < 10_000; i++) {
      now += rng.below(4) === 0 ? 0 : rng.below(gapUs)
      const cost = 1 + rng.below(3)
      tokens += BigInt(now - before) * BigInt(quota)
      if (tokens > BigInt(burst) * windowUs) tokens = BigInt(burst) * windowUs
      before = now
      const isThere = tokens >= BigInt(cost) * windowUs
      if (isThere) tokens -= BigInt(cost) * windowUs
      if (isThere) admitted++
      if (one.ask(now, cost) !== isThere) differing++
    }
  }
  assert.equal(differing, 0)
  assert.ok(admitted > 20_000 && admitted < 180_000, `${admitted} admitted`)
})

test('a span of one window never sees more than a bucket holds and what flows in', () => {
  for (let run = 0; run < 50; run++) {
    const quota = 1 + rng.below(30)
    const burst = 1 + rng.below(30)
    const one = key(limit('tokenBucket', quota, 1_000, burst))
    assert.ok(most(one, 3_000, 1_000_000, 40_000) <= quota + burst)
  }
})

/** The most that any span of `spanUs` admits of random arrivals. */
function most(one: ReturnType<typeof key>, count: number, spanUs: number, gapUs: number): number {
  const times: number[] = []
  let now = 0
  let first = 0
  let worst = 0
  for (let i = 0; i < count; i++) {
    now += rng.below(5) === 0 ? rng.below(gapUs * 20) : rng.below(gapUs)
    if (!one.ask(now)) continue
    times.push(now)
    while ((times[first] as number) <= now - spanUs) first++
    worst = Math.max(worst, times.length - first)
  }
  return worst
}

test('a sliding window of 100 admits 199 in one window at worst, and none more at the edge', () => {
  const window = 100_000
  const one = key(limit('slidingWindow', 100, 100))
  // As much as possible at the end of one window, then whenever the next one lets one more in.
  one.ask(0)
  for (let i = 1; i < 100; i++) assert.ok(one.ask(window - 1))
  assert.equal(one.ask(window - 1), false)
  assert.equal(one.ask(window), false, 'the edge gives nothing')
  let inSpan = 99
  for (let now = window; now < 2 * window - 1; now++) if (one.ask(now)) inSpan++
  assert.ok(inSpan > 190 && inSpan <= 199, `${inSpan} admitted`)
})

test('no arrivals get 200 out of a sliding window of 100 within one window', () => {
  for (let run = 0; run < 20; run++) {
    const one = key(limit('slidingWindow', 100, 100))
    assert.ok(most(one, 5_000, 100_000, 200 + rng.below(2_000)) <= 199)
  }
})

test('a fixed window admits its quota in each window, twice that across an edge at most', () => {
  const one = key(limit('fixedWindow', 3, 1_000))
  assert.deepEqual(
    [0, 0, 999_999].map((at) => one.ask(at)),
    [true, true, true],
  )
  assert.equal(one.ask(999_999), false)
  assert.equal(one.verdict.waitUs, 1)
  assert.deepEqual(
    [0, 1, 2, 3].map((at) => one.ask(1_000_000 + at)),
    [true, true, true, false],
  )
})

for (const name of NAMES) {
  test(`${name}: waiting as long as told admits, a microsecond less does not`, () => {
    for (let run = 0; run < 3_000; run++) {
      const quota = 1 + rng.below(20)
      const windowMs = 1 + rng.below(500)
      const made = limit(name, quota, windowMs, name === 'tokenBucket' ? 1 + rng.below(20) : quota)
      const told = key(made)
      const early = key(made)
      let now = 1 + rng.below(1_000_000)
      let cost = 1 + rng.below(made.burst)
      while (told.ask(now, cost)) {
        early.ask(now, cost)
        now += rng.below(windowMs * 100)
        cost = 1 + rng.below(made.burst)
      }
      early.ask(now, cost)
      const { waitUs } = told.verdict
      assert.ok(waitUs > 0)
      assert.equal(early.ask(now + waitUs - 1, cost), false, `seed ${SEED}, run ${run}`)
      assert.equal(told.ask(now + waitUs, cost), true, `seed ${SEED}, run ${run}`)
    }
  })

  test(`${name}: what is told to be left can be taken, and not one more`, () => {
    for (let run = 0; run < 2_000; run++) {
      const one = key(limit(name, 1 + rng.below(50), 1 + rng.below(500)))
      let now = 0
      for (let i = 0; i < 20; i++) {
        now += rng.below(50_000)
        one.ask(now, 1 + rng.below(3))
      }
      const left = one.verdict.left[0] as number
      assert.ok(left >= 0)
      assert.equal(one.ask(now, left + 1), false)
      assert.equal(one.ask(now, left), true)
    }
  })

  test(`${name}: a clock that goes back gives nothing back`, () => {
    const one = key(limit(name, 5, 1_000))
    const start = 10_000_000
    for (let i = 0; i < 5; i++) assert.ok(one.ask(start))
    for (const back of [1, 900_000, 5_000_000, 9_999_999])
      assert.equal(one.ask(start - back), false)
    // From the furthest point on it takes two windows at most, wherever the clock had been.
    assert.ok(one.verdict.waitUs <= 2_000_000)
    assert.ok(one.ask(1 + one.verdict.waitUs))
  })

  test(`${name}: a key is as new when it says so`, () => {
    const one = key(limit(name, 4, 1_000))
    for (const at of [500, 700_000, 900_000, 900_001]) one.ask(at)
    const resetUs = one.verdict.resetUs[0] as number
    assert.ok(resetUs > 0 && resetUs <= 2_000_000)
    assert.equal(one.ask(900_001 + resetUs, 4), true)
  })

  test(`${name}: what costs more than there ever is waits for ever, and takes nothing`, () => {
    const one = key(limit(name, 4, 1_000))
    assert.equal(one.ask(0, 5), false)
    assert.equal(one.verdict.waitUs, Number.POSITIVE_INFINITY)
    assert.equal(one.ask(0, 4), true)
  })
}

test('of several limits a refused request takes from none', () => {
  const one = key(limit('tokenBucket', 2, 1_000), limit('tokenBucket', 100, 3_600_000))
  assert.deepEqual(
    [0, 0, 0].map((at) => one.ask(at)),
    [true, true, false],
  )
  assert.deepEqual([one.verdict.violated, one.verdict.waitUs], [0, 500_000])
  assert.deepEqual([...one.verdict.left], [0, 98])
  for (let i = 0; i < 1_000; i++) one.ask(0)
  assert.equal(one.verdict.left[1], 98)
})

test('the limit that keeps longest is told', () => {
  const one = key(limit('tokenBucket', 2, 1_000), limit('tokenBucket', 3, 3_600_000))
  for (const at of [0, 0, 1_000_000]) assert.ok(one.ask(at))
  assert.equal(one.ask(1_000_000), false)
  assert.deepEqual([one.verdict.violated, one.verdict.waitUs], [1, 1_199_000_000])
})

test('a million a day is counted in milliseconds, a hundred a minute in microseconds', () => {
  assert.equal(limit('tokenBucket', 1_000_000, 86_400_000).tickUs, 1_000)
  assert.equal(limit('tokenBucket', 100, 60_000).tickUs, 1)
})
