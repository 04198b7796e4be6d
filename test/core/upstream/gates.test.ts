import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Gate } from 'sluice'
import { Bench } from './scripted.ts'

const SHUT: Gate = { admits: () => false }

test('an endpoint behind a gate that admits nothing is ready, and full', () => {
  const bench = new Bench('a', 'b')
  const open = bench.view().gate(bench.endpoint('a'), SHUT)
  assert.deepEqual([bench.endpoint('a').holds, bench.endpoint('a').isFull], [0, true])
  assert.equal(bench.pick(), 'b')
  open()
  assert.equal(bench.endpoint('a').isFull, false)
  assert.equal(bench.pick(), 'a')
})

test('every gate must admit a flow', () => {
  const bench = new Bench('a')
  const view = bench.view()
  view.gate(bench.endpoint('a'), { admits: () => true })
  assert.equal(bench.pick(), 'a')
  const open = bench.view().gate(bench.endpoint('a'), SHUT)
  assert.equal(bench.pick(), undefined)
  open()
  assert.equal(bench.pick(), 'a')
})

test('a flow that prefers an endpoint passes its gate like any other', () => {
  const bench = new Bench('a', 'b')
  bench.view().gate(bench.endpoint('b'), SHUT)
  assert.equal(
    bench.pick((flow) => {
      flow.prefer = bench.endpoint('b')
    }),
    'a',
  )
})

test('a gate is told of each flow in the turn in which it counts', () => {
  const bench = new Bench('a')
  let left = 2
  bench.view().gate(bench.endpoint('a'), { admits: () => left > 0, took: () => left-- })
  const ids = Array.from({ length: 4 }, () => bench.upstream.acquire(bench.flow())?.id)
  assert.deepEqual(ids, ['a', 'a', undefined, undefined])
})

test('a share is met exactly, and is one draw for all endpoints', () => {
  const bench = new Bench('a', 'b', 'c')
  const view = bench.view()
  for (const endpoint of bench.endpoints) {
    view.gate(endpoint, { admits: (_endpoint, point) => point < 0.3 })
  }
  let got = 0
  for (let i = 0; i < 1_000; i++) if (bench.pick() !== undefined) got++
  assert.ok(Math.abs(got - 300) <= 2, `${got} of 1,000`)
})

test('a use that is dropped takes its gates with it', () => {
  const bench = new Bench('a')
  const view = bench.view()
  view.gate(bench.endpoint('a'), SHUT)
  view.close()
  assert.equal(bench.pick(), 'a')
  view.gate(bench.endpoint('a'), SHUT)
  assert.equal(bench.pick(), 'a')
})

test('a gate whose `took` throws costs a line, and the flow counts', () => {
  const bench = new Bench('a')
  bench.view().gate(bench.endpoint('a'), {
    admits: () => true,
    took() {
      throw new Error('broken')
    },
  })
  assert.equal(bench.started().endpoint?.inflight, 1)
  assert.equal(bench.errors.length, 1)
})

test('listeners hear the head of an answer, with what it says', () => {
  const bench = new Bench('a')
  const heard: unknown[] = []
  const end = bench.view().observeAnswers(({ id }, { status, verdict, answeredAt, startedAt }) => {
    heard.push([id, status, verdict, answeredAt - startedAt])
  })
  const flow = bench.started()
  bench.clock.advance(7)
  flow.answered(bench.clock.now(), 'overload', 503)
  assert.deepEqual(heard, [['a', 503, 'overload', 7]])
  bench.upstream.release(flow, 'overload')
  end()
  bench.started().answered(bench.clock.now(), 'ok', 200)
  assert.equal(heard.length, 1)
})

test('the next attempt of a flow begins without the last one’s answer', () => {
  const bench = new Bench('a')
  const flow = bench.started()
  flow.answered(bench.clock.now(), 'upstream-error', 500)
  bench.upstream.release(flow, 'upstream-error')
  bench.upstream.acquire(flow)
  assert.deepEqual([flow.answeredAt, flow.status, flow.verdict], [0, 0, undefined])
})

test('an upstream says when the first of its endpoints comes free of all its holds', () => {
  const bench = new Bench('a', 'b', 'c')
  const view = bench.view()
  assert.equal(bench.upstream.reopensInMs, 0)
  view.hold(bench.endpoint('a'), 'one', { forMs: 9_000 })
  const second = view.hold(bench.endpoint('b'), 'one', { forMs: 2_000 })
  view.hold(bench.endpoint('b'), 'two', { forMs: 5_000 })
  view.hold(bench.endpoint('c'), 'for ever')
  assert.equal(bench.upstream.reopensInMs, 5_000)
  bench.clock.advance(1_000)
  assert.equal(bench.upstream.reopensInMs, 4_000)
  second.release()
  bench.configure('a', 'c')
  assert.equal(bench.upstream.reopensInMs, 8_000)
})
