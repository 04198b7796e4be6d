import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Bench } from './scripted.ts'

test('holds are told with reason, cause and times, whoever holds', () => {
  const bench = new Bench('a', 'b')
  bench.clock.advance(999)
  const a = bench.endpoint('a')
  const [health, ejection] = [bench.view(), bench.view()]
  health.hold(a, 'health', { cause: '3 x connect timeout' })
  bench.clock.advance(500)
  ejection.hold(a, 'ejection', { cause: '5 failures in a row', forMs: 2_000 })
  assert.deepEqual(bench.view().state(a).holds, [
    { reason: 'health', cause: '3 x connect timeout', since: 1_000, until: 0 },
    { reason: 'ejection', cause: '5 failures in a row', since: 1_500, until: 3_500 },
  ])
  assert.deepEqual(bench.view().state(bench.endpoint('b')).holds, [])
})

test('a hold with a time ends by itself, once, and may end before', () => {
  const bench = new Bench('a')
  const a = bench.endpoint('a')
  const view = bench.view()
  view.hold(a, 'ejection', { forMs: 2_000 })
  bench.clock.advance(1_999)
  assert.notEqual(a.holds, 0)
  bench.clock.advance(1)
  assert.equal(a.holds, 0)
  const early = view.hold(a, 'ejection', { forMs: 2_000 })
  const other = view.hold(a, 'ejection')
  early.release('a check passed')
  bench.clock.advance(10_000)
  assert.notEqual(a.holds, 0, 'the timer of the one does not end the other')
  other.release()
  assert.equal(a.holds, 0)
  assert.deepEqual(
    view.state(a).changes.map(({ event, cause }) => `${event} ${cause}`.trim()),
    [
      ...['joined', 'held', 'released its time was over'],
      ...['held', 'held', 'released a check passed', 'released'],
    ],
  )
})

test('the last 20 changes are kept, an endpoint that left included', () => {
  const bench = new Bench('a', 'b')
  const a = bench.endpoint('a')
  const view = bench.view()
  for (let i = 0; i < 30; i++) {
    bench.clock.advance(1)
    view.hold(a, 'health', { cause: String(i) }).release()
  }
  bench.configure('b')
  const { changes } = view.state(a)
  assert.equal(changes.length, 20)
  assert.equal(changes.at(-1)?.event, 'left')
  assert.equal(changes.at(-2)?.event, 'released')
  assert.equal(changes.at(-3)?.cause, '29')
})

test('a view that closes ends its holds and their timers', () => {
  const bench = new Bench('a')
  const view = bench.view()
  view.hold(bench.endpoint('a'), 'ejection', { forMs: 1_000 })
  view.close()
  assert.equal(bench.endpoint('a').holds, 0)
  assert.deepEqual(view.state(bench.endpoint('a')).holds, [])
  bench.clock.advance(2_000)
  assert.equal(view.state(bench.endpoint('a')).changes.length, 3)
})
