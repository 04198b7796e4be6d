import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Ejecting, type Options } from './ejecting.ts'

/** Two endpoints of which it is known that they are fast. */
function known(options: Options = {}): Ejecting {
  const it = new Ejecting(['a', 'b'], options)
  it.send('b', 100)
  return it
}

/** Time passes while the other endpoints answer at once. */
function passBesideOthers(it: Ejecting, ms: number, id = 'b'): void {
  for (let passed = 0; passed < ms; passed += 100) {
    it.send(id, 1)
    it.pass(Math.min(100, ms - passed))
  }
}

test('three flows without a first byte for 2 s eject an endpoint while they still wait', () => {
  const it = known()
  for (let i = 0; i < 3; i++) it.begin('a')
  passBesideOthers(it, 1_999)
  assert.deepEqual(it.ejected, [])
  passBesideOthers(it, 500)
  assert.deepEqual(it.ejected, ['a'])
  assert.deepEqual(it.told('a'), ['no answer to 3 flows for 2.0 s'])
})

test('two flows that wait for a little longer do so too: a strategy may send no third one', () => {
  const it = known()
  it.send('b', 200)
  it.begin('a')
  it.begin('a')
  passBesideOthers(it, 2_200)
  assert.deepEqual(it.ejected, [])
  passBesideOthers(it, 300)
  assert.deepEqual(it.ejected, ['a'])
})

test('a third flow that has begun late does not make two that wait look longer', () => {
  const it = known()
  it.send('b', 200)
  it.begin('a')
  it.begin('a')
  passBesideOthers(it, 1_900)
  const third = it.begin('a')
  passBesideOthers(it, 300)
  assert.deepEqual(it.ejected, [])
  it.end(third)
  passBesideOthers(it, 10_000)
  assert.deepEqual(it.ejected, [])
})

test('one flow does not, nor three of which one was answered', () => {
  const it = known()
  const first = it.begin('a')
  passBesideOthers(it, 10_000)
  it.begin('a')
  it.begin('a')
  passBesideOthers(it, 1_000)
  it.end(first)
  passBesideOthers(it, 5_000)
  assert.deepEqual(it.ejected, [])
})

test('the first byte is what counts, not the end of the answer', () => {
  const it = known()
  for (let i = 0; i < 5; i++) it.begin('a').answered(it.bench.clock.now(), 'ok', 200)
  passBesideOthers(it, 10_000)
  assert.deepEqual(it.ejected, [])
})

test('flows that clients gave up do not count', () => {
  const it = known()
  for (let i = 0; i < 20; i++) it.send('a', 5, { outcome: 'client-abort' })
  it.begin('a')
  it.begin('a')
  passBesideOthers(it, 5_000)
  assert.deepEqual(it.ejected, [])
})

test('impatient clients do not hide an endpoint that hangs', () => {
  const it = known()
  const waiting = Array.from({ length: 5 }, () => it.begin('a'))
  for (let i = 0; i < 25 && it.ejected.length === 0; i++) {
    passBesideOthers(it, 100)
    if (it.ejected.length === 0) waiting.push(it.begin('a'))
    const oldest = waiting.shift()
    if (oldest !== undefined) it.end(oldest, { outcome: 'client-abort' })
  }
  assert.deepEqual(it.ejected, ['a'])
})

test('a flow whose client still sends does not wait for the endpoint', () => {
  const it = known()
  const flows = Array.from({ length: 3 }, () => {
    const flow = it.bench.flow()
    flow.isUploading = true
    it.bench.strategy.script.push(it.bench.endpoint('a'))
    it.bench.upstream.acquire(flow)
    return flow
  })
  passBesideOthers(it, 10_000)
  assert.deepEqual(it.ejected, [])
  for (const flow of flows) flow.uploaded()
  passBesideOthers(it, 2_400)
  assert.deepEqual(it.ejected, ['a'])
})

test('where nobody answers nobody is ejected', () => {
  const it = new Ejecting(['a', 'b', 'c', 'd'])
  for (const { id } of it.bench.endpoints) for (let i = 0; i < 5; i++) it.begin(id)
  it.pass(60_000)
  assert.deepEqual(it.ejected, [])
})

test('where answers are slow by nature it takes many more flows', () => {
  const it = new Ejecting(['a', 'b'], { consecutive: 0 })
  for (let i = 0; i < 10; i++) {
    const slow = it.begin('b')
    it.pass(300)
    it.end(slow)
    const slower = it.begin('b')
    it.pass(2_500)
    it.end(slower)
    if (i === 5) for (let k = 0; k < 10; k++) it.begin('a')
  }
  assert.deepEqual(it.ejected, [])
})

test('it comes back when it wakes and answers, well before its time', () => {
  const it = known({ time: '1m' })
  const flows = Array.from({ length: 50 }, () => it.begin('a'))
  passBesideOthers(it, 2_500)
  assert.deepEqual(it.ejected, ['a'])
  for (const flow of flows) it.end(flow)
  passBesideOthers(it, 300)
  assert.deepEqual(it.ejected, [])
  assert.equal(it.told('a').at(-1), 'it answers again')
})

test('as long as its flows wait it is not let go, nor by a check', () => {
  const it = known()
  const flows = Array.from({ length: 3 }, () => it.begin('a'))
  passBesideOthers(it, 2_500)
  for (let i = 0; i < 30; i++) {
    it.bench.view().vouch(it.bench.endpoint('a'))
    passBesideOthers(it, 1_000)
    assert.deepEqual(it.ejected, ['a'])
  }
  assert.ok(it.told('a').includes('3 flows still wait'))
  for (const flow of flows) it.end(flow, { outcome: 'timeout' })
  it.bench.view().vouch(it.bench.endpoint('a'))
  assert.deepEqual(it.ejected, [])
})

test('clients that all give up do not make it look awake: its time decides', () => {
  const it = known()
  const flows = Array.from({ length: 3 }, () => it.begin('a'))
  passBesideOthers(it, 2_250)
  assert.deepEqual(it.ejected, ['a'])
  for (const flow of flows) it.end(flow, { outcome: 'client-abort' })
  passBesideOthers(it, 2_000)
  assert.deepEqual(it.ejected, ['a'])
  passBesideOthers(it, 3_000)
  assert.deepEqual(it.ejected, [])
})

test('a quiet gateway has no timer of it', () => {
  const it = known()
  let timers = 0
  const { clock } = it.bench
  const after = clock.after.bind(clock)
  clock.after = (ms, run) => {
    timers++
    return after(ms, run)
  }
  for (let i = 0; i < 100; i++) it.send('a', 2)
  assert.equal(timers, 0)
  const flows = Array.from({ length: 3 }, () => it.begin('a'))
  for (const flow of flows) it.end(flow)
  it.pass(10_000)
  assert.equal(timers, 1)
})
