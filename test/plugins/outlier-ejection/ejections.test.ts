import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Ejecting } from './ejecting.ts'

const UNANSWERED = { outcome: 'timeout' } as const
const ERROR = { outcome: 'upstream-error', isAnswered: true } as const

/** Makes an endpoint fail until it is ejected, beside others that do not. */
function fail(it: Ejecting, id: string): void {
  for (const other of it.bench.endpoints) {
    if (other.id !== id && other.holds === 0) it.send(other.id, 50)
  }
  it.send(id, 5, UNANSWERED)
  assert.ok(it.ejected.includes(id))
}

/** Makes an endpoint answer 500 until it is ejected. */
function err(it: Ejecting, id: string): void {
  it.send('b', 100)
  while (!it.ejected.includes(id)) it.send(id, 1, ERROR)
}

test('each ejection lasts twice as long as that before, up to the longest, less up to a fifth', () => {
  const it = new Ejecting(['a', 'b'])
  const times: number[] = []
  for (let i = 0; i < 9; i++) {
    fail(it, 'a')
    times.push(it.lasts('a'))
    it.pass(it.lasts('a'))
    assert.deepEqual(it.ejected, [])
  }
  const longest = [5, 10, 20, 40, 80, 160, 300, 300, 300].map((s) => s * 1_000)
  for (const [i, time] of times.entries()) {
    const most = longest[i] ?? 0
    assert.ok(time <= most && time >= most * 0.8, `${time} of ${most}`)
  }
  assert.equal(new Set(times).size, 9, 'no two are equal')
})

test('each minute without an ejection halves the next one', () => {
  const it = new Ejecting(['a', 'b'])
  for (let i = 0; i < 4; i++) {
    fail(it, 'a')
    it.pass(it.lasts('a'))
  }
  it.pass(120_000)
  fail(it, 'a')
  assert.ok(it.lasts('a') <= 20_000 && it.lasts('a') >= 16_000, `${it.lasts('a')}`)
  it.pass(it.lasts('a') + 3_600_000)
  fail(it, 'a')
  assert.ok(it.lasts('a') <= 5_000)
})

test('one that comes back has a clean slate', () => {
  const it = new Ejecting(['a', 'b'])
  fail(it, 'a')
  it.pass(5_000)
  it.send('a', 4, UNANSWERED)
  assert.deepEqual(it.ejected, [])
  assert.deepEqual(it.told('a'), ['5 failures in a row', 'its time was over'])
})

test('what ends during an ejection does not count', () => {
  const it = new Ejecting(['a', 'b'])
  const before = Array.from({ length: 10 }, () => it.begin('a'))
  fail(it, 'a')
  for (const flow of before) it.end(flow, UNANSWERED)
  it.pass(5_000)
  it.send('a', 4, UNANSWERED)
  assert.deepEqual(it.ejected, [])
})

test('a check that passes ends an ejection for connections that fail, each time', () => {
  const it = new Ejecting(['a', 'b'])
  const check = it.bench.view()
  for (let i = 0; i < 3; i++) {
    fail(it, 'a')
    check.vouch(it.bench.endpoint('a'))
    assert.deepEqual(it.ejected, [])
  }
  assert.equal(it.told('a').at(-1), 'a check passed')
})

test('a check ends an ejection for failing requests the first time only: it may not see what fails', () => {
  const it = new Ejecting(['a', 'b'])
  const check = it.bench.view()
  err(it, 'a')
  check.vouch(it.bench.endpoint('a'))
  assert.deepEqual(it.ejected, [])
  err(it, 'a')
  check.vouch(it.bench.endpoint('a'))
  assert.deepEqual(it.ejected, ['a'])
  it.pass(10_000)
  assert.deepEqual(it.ejected, [])
})

test('half of the endpoints may be ejected, and no more', () => {
  const it = new Ejecting(['a', 'b', 'c', 'd', 'e'])
  for (const id of ['a', 'b']) fail(it, id)
  it.send('e', 50)
  it.send('c', 40, UNANSWERED)
  assert.deepEqual(it.ejected, ['a', 'b'])
})

test('one of two may always be ejected, and the only one never', () => {
  const two = new Ejecting(['a', 'b'], { maxEjected: 0 })
  fail(two, 'a')
  two.send('b', 100, ERROR)
  assert.deepEqual(two.ejected, ['a'])
  const one = new Ejecting(['a'])
  one.send('a', 100, UNANSWERED)
  assert.deepEqual(one.ejected, [])
})

test('the last endpoint that is ready is not ejected, whoever holds the others', () => {
  const it = new Ejecting(['a', 'b', 'c', 'd'])
  const drain = it.bench.view()
  const holds = ['b', 'c', 'd'].map((id) => drain.hold(it.bench.endpoint(id), 'drain'))
  it.send('a', 100, UNANSWERED)
  assert.equal(it.bench.endpoint('a').holds, 0)
  holds[0]?.release()
  it.send('a', 1, UNANSWERED)
  assert.notEqual(it.bench.endpoint('a').holds, 0)
})

test('where none of those that are left answers, the ejected ones are let go', () => {
  const it = new Ejecting(['a', 'b', 'c', 'd'])
  for (let i = 0; i < 4; i++) {
    fail(it, 'a')
    it.pass(it.lasts('a'))
  }
  fail(it, 'a')
  fail(it, 'b')
  it.send('c', 5, UNANSWERED)
  it.send('d', 4, UNANSWERED)
  assert.deepEqual(it.ejected, ['a', 'b'], 'd may be there')
  it.send('d', 1, UNANSWERED)
  assert.equal(it.ejected.length, 0)
  assert.equal(it.told('a').at(-1), 'none of the others answers')
  for (let i = 0; i < 200; i++) {
    const { id, holds } = it.bench.endpoint('abcd'[i % 4] ?? '')
    if (holds === 0) it.send(id, 1, UNANSWERED)
  }
  assert.deepEqual(it.ejected, [], 'all are alike, though the last good answers are not long ago')
})

test('the one that is well takes over from the only one left, which then goes', () => {
  const it = new Ejecting(['a', 'b'])
  fail(it, 'a')
  it.send('b', 5, UNANSWERED)
  assert.deepEqual(it.ejected, [])
  it.send('a', 50)
  while (it.ejected.length === 0) it.send('b', 1, UNANSWERED)
  assert.deepEqual(it.ejected, ['b'])
})

test('one that hangs is not let go because the others fail', () => {
  const it = new Ejecting(['a', 'b'])
  it.send('b', 100)
  for (let i = 0; i < 3; i++) it.begin('a')
  for (let i = 0; i < 24; i++) {
    it.send('b', 1)
    it.pass(100)
  }
  assert.deepEqual(it.ejected, ['a'])
  it.send('b', 20, UNANSWERED)
  assert.deepEqual(it.ejected, ['a'])
})

test('one that leaves ejected makes room for another, and takes its failures with it', () => {
  const it = new Ejecting(['a', 'b'])
  fail(it, 'a')
  it.bench.configure('b', 'c')
  it.send('c', 50)
  it.send('b', 5, UNANSWERED)
  assert.deepEqual(it.ejected, ['b'])
})

test('the failures of one that is ejected do not excuse those of the next', () => {
  const it = new Ejecting(['a', 'b', 'c', 'd'])
  fail(it, 'a')
  it.send('b', 5, UNANSWERED)
  assert.deepEqual(it.ejected, ['a', 'b'])
})

test('when the use is dropped, what it ejected is ready', () => {
  const it = new Ejecting(['a', 'b'])
  fail(it, 'a')
  it.view.close()
  assert.deepEqual(it.ejected, [])
  it.pass(60_000)
  assert.deepEqual(it.bench.errors, [])
})
