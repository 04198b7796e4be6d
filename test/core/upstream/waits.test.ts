import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { UpstreamView } from '../../../core/upstream/view.ts'
import { Bench } from './scripted.ts'

/** Keeps a diary of what a view is told of flows that wait. */
function waitsOf(view: UpstreamView): string[] {
  const told: string[] = []
  view.observeWaits({
    awaited: ({ id }) => told.push(`awaited ${id}`),
    answered: ({ id }) => told.push(`answered ${id}`),
    missed: ({ id }, outcome) => told.push(`missed ${id} ${outcome}`),
  })
  return told
}

test('whoever asks is told of each flow that waits, and once of what came of that', () => {
  const bench = new Bench('a')
  const told = waitsOf(bench.view())
  const answered = bench.started()
  answered.answered(bench.clock.now(), 'ok', 200)
  answered.answered(bench.clock.now(), 'ok', 200)
  bench.upstream.release(answered, 'ok')
  bench.upstream.release(bench.started(), 'timeout')
  assert.deepEqual(told, ['awaited a', 'answered a', 'awaited a', 'missed a timeout'])
})

test('a lane that notes the first byte by itself is told of at the end', () => {
  const bench = new Bench('a')
  const told = waitsOf(bench.view())
  const flow = bench.started()
  flow.answeredAt = bench.clock.now()
  bench.upstream.release(flow, 'upstream-error')
  assert.deepEqual(told, ['awaited a', 'answered a'])
})

test('while a client still sends its flow does not wait, and not at all if it is answered by then', () => {
  const bench = new Bench('a')
  const told = waitsOf(bench.view())
  for (const isEarly of [false, true]) {
    const flow = bench.flow()
    flow.isUploading = true
    bench.upstream.acquire(flow)
    if (isEarly) flow.answered(bench.clock.now(), 'ok', 200)
    flow.uploaded()
    bench.upstream.release(flow, 'timeout')
  }
  assert.deepEqual(told, ['awaited a', 'missed a timeout'])
})

test('flows that were under way before somebody asked are none of theirs', () => {
  const bench = new Bench('a')
  const flow = bench.started()
  const told = waitsOf(bench.view())
  bench.upstream.release(flow, 'ok')
  assert.deepEqual(told, [])
})

test('observers can tell whether there was an answer', () => {
  const bench = new Bench('a')
  const told: unknown[] = []
  bench.view().observe((_endpoint, _ms, outcome, flow) => told.push([outcome, flow.answeredAt > 0]))
  const flow = bench.started()
  flow.answered(bench.clock.now(), 'ok', 200)
  bench.upstream.release(flow, 'upstream-error')
  bench.upstream.release(bench.started(), 'upstream-error')
  assert.deepEqual(told, [
    ['upstream-error', true],
    ['upstream-error', false],
  ])
})

test('all that watch learn of every hold, and of an endpoint that somebody found well', () => {
  const bench = new Bench('a', 'b')
  const told: string[] = []
  bench.view().watch({
    changed: ({ id, holds }, { event, reason, cause }) =>
      told.push(`${id} ${event} ${reason} ${cause} ${holds === 0}`),
    vouched: ({ id }) => told.push(`${id} vouched`),
  })
  const other = bench.view()
  other.hold(bench.endpoint('a'), 'health', { cause: 'x' }).release('y')
  other.vouch(bench.endpoint('b'))
  const gone = bench.endpoint('b')
  bench.configure('a')
  other.vouch(gone)
  assert.deepEqual(told, ['a held health x false', 'a released health y true', 'b vouched'])
})

test('a listener that throws keeps nobody from what comes next', () => {
  const bench = new Bench('a')
  const fail = (): never => {
    throw new Error('no')
  }
  bench.view().observeWaits({ awaited: fail, answered: fail, missed: fail })
  bench.view().watch({ changed: fail, vouched: fail })
  const told = waitsOf(bench.view())
  bench.upstream.release(bench.started(), 'timeout')
  bench.view().hold(bench.endpoint('a'), 'x').release()
  bench.view().vouch(bench.endpoint('a'))
  assert.deepEqual(told, ['awaited a', 'missed a timeout'])
  assert.equal(bench.errors.length, 5)
})

test('a view that is closed hears and says nothing any more', () => {
  const bench = new Bench('a')
  const [view, other] = [bench.view(), bench.view()]
  const told = waitsOf(view)
  let vouched = 0
  other.watch({ vouched: () => vouched++ })
  view.close()
  view.vouch(bench.endpoint('a'))
  waitsOf(view)
  bench.upstream.release(bench.started(), 'ok')
  assert.deepEqual([told, vouched], [[], 0])
})
