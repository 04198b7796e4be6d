import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SeededRng, VirtualClock } from 'sluice/testing'
import { bounded } from '../../../plugins/rate-limit/bounded-key.ts'
import { ALGORITHMS, limitOf } from '../../../plugins/rate-limit/limits.ts'
import { MemoryStore } from '../../../plugins/rate-limit/memory-store.ts'
import { Rule, Verdict } from '../../../plugins/rate-limit/rule.ts'

const SEED = Number(process.env.SEED ?? 1)

function store(maxKeys: number, quota = 2, windowMs = 1_000) {
  const clock = new VirtualClock()
  const rule = new Rule([limitOf(ALGORITHMS.tokenBucket, 'it', quota, quota, windowMs)])
  const memory = new MemoryStore(rule, clock, maxKeys)
  const verdict = new Verdict(1)
  const take = (key: string): boolean => memory.take(bounded(key), 1, 1, verdict) === 1
  return { clock, memory, take }
}

test('keys are counted apart, whatever is in them', () => {
  const { take } = store(1_000)
  const long = 'x'.repeat(1_048_576)
  const keys = ['a', 'a\n', 'a\r\n', '\u0100', '\ud800', '\ud801', '{a}', '__proto__', '', long]
  for (const key of [...keys, `${long}y`, `#${'a'.repeat(43)}=`]) {
    assert.deepEqual([take(key), take(key), take(key)], [true, true, false], JSON.stringify(key))
  }
})

test('a megabyte of a header takes no more memory than any other key', () => {
  assert.equal(bounded('x'.repeat(1_048_576)).length, 45)
  assert.notEqual(bounded('\ud800'.repeat(100)), bounded('\ud801'.repeat(100)))
  assert.equal(bounded('short'), 'short')
  // What reads like a digest becomes one, so that nobody can mean another's key by it.
  assert.notEqual(bounded(bounded('x'.repeat(100))), bounded('x'.repeat(100)))
})

test('a key that is as new leaves, and others take its place', () => {
  const { clock, memory, take } = store(100)
  for (let i = 0; i < 100; i++) take(`early ${i}`)
  clock.advance(1_000)
  for (let i = 0; i < 100; i++) assert.ok(take(`late ${i}`))
  assert.ok(memory.size <= 100)
  assert.deepEqual([take('late 0'), take('late 0')], [true, false])
})

test('nobody is free sooner by being forgotten, however many keys others invent', () => {
  const { clock, memory, take } = store(1_000, 5, 60_000)
  const times: number[] = []
  const rng = new SeededRng(SEED)
  for (let step = 0; step < 60_000; step++) {
    clock.advance(rng.below(7))
    take(`flood ${rng.below(1_000_000)}`)
    if (take('victim of eviction')) times.push(clock.now())
  }
  assert.ok(memory.size <= 1_000)
  for (const [i, at] of times.entries()) {
    const inSpan = times.slice(i).filter((other) => other < at + 60_000).length
    assert.ok(inSpan <= 10, `${inSpan} within a minute, seed ${SEED}`)
  }
})

test('at the bound a newcomer counts with others, and goes on counting once it has a place', () => {
  const { clock, memory, take } = store(4, 2, 1_000)
  for (const key of ['a', 'b', 'c', 'd']) assert.deepEqual([take(key), take(key)], [true, true])
  assert.deepEqual([take('new'), take('new'), take('new')], [true, true, false])
  assert.equal(memory.size, 4)
  clock.advance(400)
  assert.equal(take('new'), false)
  // By now those with a place are as new, while the newcomer's first two are 1,000 ms old.
  clock.advance(600)
  assert.deepEqual([take('new'), take('new'), take('new')], [true, true, false])
})

test('a newcomer does not lose its count by getting a place', () => {
  const { clock, take } = store(1, 2, 1_000)
  take('a')
  clock.advance(300)
  assert.deepEqual([take('new'), take('new'), take('new')], [true, true, false])
  clock.advance(250)
  // The only key with a place is as new after 500 ms; the newcomer has to wait 250 ms more.
  assert.deepEqual([take('new'), take('new')], [false, false])
  clock.advance(250)
  assert.deepEqual([take('new'), take('new')], [true, false])
})

test('ten thousand keys, some of them most of the time, stay within their own limits', () => {
  const { clock, memory, take } = store(20_000, 3, 1_000)
  const rng = new SeededRng(SEED)
  const admitted = new Map<string, number>()
  for (let step = 0; step < 100_000; step++) {
    // Half of the requests come from ten keys.
    const key = `k${rng.below(2) === 0 ? rng.below(10) : rng.below(10_000)}`
    if (take(key)) admitted.set(key, (admitted.get(key) ?? 0) + 1)
    if (step % 100 === 0) clock.advance(1)
  }
  // One second has passed: a bucket of 3, and 3 a second.
  for (const [key, count] of admitted) assert.ok(count <= 6, `${key}: ${count}`)
  assert.ok(memory.size <= 10_010)
})
