import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SeededRng, VirtualClock } from 'sluice/testing'
import { Leases, largestBatch } from '../../../plugins/rate-limit/leases.ts'
import { ALGORITHMS, limitOf } from '../../../plugins/rate-limit/limits.ts'
import { MemoryStore } from '../../../plugins/rate-limit/memory-store.ts'
import { Rule, Verdict } from '../../../plugins/rate-limit/rule.ts'
import type { Store } from '../../../plugins/rate-limit/store.ts'

const SEED = Number(process.env.SEED ?? 1)
const GATEWAYS = 8

/** Gateways with leases from one store, which answers in a later turn, as Redis would. */
function leasing(quota: number, windowMs: number, gateways = GATEWAYS) {
  const clock = new VirtualClock()
  const rule = new Rule([limitOf(ALGORITHMS.tokenBucket, 'it', quota, quota, windowMs)])
  const memory = new MemoryStore(rule, clock, 1_000)
  let asked = 0
  let isAway = false
  const remote: Store = {
    async take(...question) {
      asked++
      await Promise.resolve()
      if (isAway) throw new Error('away')
      return memory.take(...question)
    },
  }
  const leases = Array.from({ length: gateways }, () => new Leases(remote, rule, clock, 100))
  const ask = async (at: number, cost = 1, key = 'k'): Promise<boolean> =>
    (await leases[at]?.take(key, cost, cost, new Verdict(1))) === cost
  const setAway = (now: boolean) => {
    isAway = now
  }
  return { clock, rule, ask, leases, asked: () => asked, setAway }
}

test('a key in use asks once for 50 requests or more', async () => {
  const { ask, asked, clock } = leasing(100_000, 60_000, 1)
  for (let i = 0; i < 10_000; i++) {
    assert.ok(await ask(0))
    if (i % 10 === 0) clock.advance(1)
  }
  assert.ok(asked() <= 200, `${asked()} for 10,000`)
})

test('a key beyond its limit asks once for 50 requests or more', async () => {
  const { ask, asked, clock } = leasing(1_000, 1_000, 1)
  let admitted = 0
  for (let i = 0; i < 20_000; i++) {
    if (await ask(0)) admitted++
    if (i % 5 === 0) clock.advance(1)
  }
  // 4 s: a bucket of 1,000 and 1,000 a second.
  assert.ok(admitted > 4_500 && admitted <= 5_000, `${admitted} admitted`)
  assert.ok(asked() <= 400, `${asked()} for 20,000`)
})

test('requests that come together wait for one answer, not for one each', async () => {
  const { ask, asked } = leasing(10_000, 60_000, 1)
  const all = await Promise.all(Array.from({ length: 500 }, () => ask(0)))
  assert.ok(all.every(Boolean))
  assert.ok(asked() <= 4, `${asked()} for 500 at once`)
})

test('any span of a window sees at most limit, burst and a batch a gateway', async () => {
  const rng = new SeededRng(SEED)
  const quota = 200
  const windowMs = 1_000
  const { clock, rule, ask } = leasing(quota, windowMs)
  const bound = 2 * quota + GATEWAYS * largestBatch(rule)
  const times: number[] = []
  let worst = 0
  let first = 0
  for (let step = 0; step < 40_000; step++) {
    // Bursts and pauses, so that buckets are full and batches are held when a burst begins.
    if (rng.below(2_000) === 0) clock.advance(rng.below(3_000))
    if (rng.below(4) === 0) clock.advance(1)
    if (!(await ask(rng.below(GATEWAYS)))) continue
    times.push(clock.now())
    while ((times[first] as number) <= clock.now() - windowMs) first++
    worst = Math.max(worst, times.length - first)
  }
  assert.ok(worst <= bound, `${worst} of ${bound}, seed ${SEED}`)
})

test('the batches that gateways hold are what makes the difference', async () => {
  const quota = 200
  const { clock, rule, ask } = leasing(quota, 1_000)
  const batch = largestBatch(rule)
  // Each gateway learns to hold a batch, and then everything comes to rest.
  for (let gateway = 0; gateway < GATEWAYS; gateway++) {
    for (let i = 0; i < 25; i++) {
      await ask(gateway)
      clock.advance(5)
    }
    clock.advance(1_000)
  }
  clock.advance(10_000)
  let admitted = 0
  for (let ms = 0; ms < 1_000; ms++) {
    for (let gateway = 0; gateway < GATEWAYS; gateway++) if (await ask(gateway)) admitted++
    clock.advance(1)
  }
  assert.ok(admitted > 2 * quota - batch, `${admitted} is near the limit and the burst`)
  assert.ok(admitted <= 2 * quota + GATEWAYS * batch)
})

test('in all, no more is given out than was taken, whoever asks', async () => {
  const { ask, clock } = leasing(1_000, 3_600_000)
  const rng = new SeededRng(SEED)
  let admitted = 0
  for (let i = 0; i < 20_000; i++) {
    if (await ask(rng.below(GATEWAYS), 1 + rng.below(3))) admitted++
    if (i % 100 === 0) clock.advance(1)
  }
  assert.ok(admitted <= 1_000)
})

test('a rare key takes what it needs and holds nothing back from others', async () => {
  const { ask, clock, asked } = leasing(1_000, 3_600_000, 2)
  for (let i = 0; i < 10; i++) {
    await ask(0)
    clock.advance(5_000)
  }
  assert.ok(asked() >= 9)
  let other = 0
  while (await ask(1)) other++
  assert.ok(other >= 985, `${other} left for the other gateway`)
})

test('a cost beyond any batch is asked for by itself, and the refusal of a large one refuses no small one', async () => {
  const { ask } = leasing(100, 3_600_000, 1)
  assert.ok(await ask(0, 60))
  assert.equal(await ask(0, 60), false)
  assert.equal(await ask(0, 10), true)
  assert.equal(await ask(0, 1), true)
})

test('what was taken is given out while the store is away, then whoever asks is told of it', async () => {
  const { ask, clock, setAway } = leasing(10_000, 60_000, 1)
  for (let i = 0; i < 300; i++) {
    await ask(0)
    if (i % 10 === 0) clock.advance(1)
  }
  setAway(true)
  let given = 0
  await assert.rejects(async () => {
    while (await ask(0)) given++
  }, /away/)
  assert.ok(given > 0 && given <= 200, `${given} given out`)
  setAway(false)
  assert.ok(await ask(0))
})

test('leases of more keys than are kept lose what they hold, and let nobody have more', async () => {
  const { ask } = leasing(50, 3_600_000, 1)
  let admitted = 0
  for (let i = 0; i < 3_000; i++) {
    if (await ask(0)) admitted++
    await ask(0, 1, `other ${i}`)
    await ask(0, 1, `another ${i}`)
  }
  assert.ok(admitted <= 50)
})
