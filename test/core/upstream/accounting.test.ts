import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Outcome } from '../../../core/contracts/flow.ts'
import { Bench, ScriptedStrategy } from './scripted.ts'

const outcomes: readonly Outcome[] = [
  'ok',
  'upstream-error',
  'overload',
  'timeout',
  'connect-failed',
  'client-abort',
  'local',
]
for (const outcome of outcomes) {
  test(`a flow that ends with ${outcome} is released exactly once`, () => {
    const bench = new Bench('a')
    const a = bench.endpoint('a')
    const [flow, other] = [bench.started(), bench.started()]
    assert.equal(a.inflight, 2)
    bench.upstream.release(flow, outcome)
    bench.upstream.release(flow, 'ok')
    bench.upstream.release(flow, outcome)
    assert.equal(a.inflight, 1)
    assert.deepEqual(bench.strategy.settled, [[a, 0, outcome]])
    bench.upstream.release(other, outcome)
    assert.equal(a.inflight, 0)
  })
}

test('a flow that was never acquired is released without effect', () => {
  const bench = new Bench('a')
  bench.upstream.release(bench.flow(), 'client-abort')
  assert.equal(bench.endpoint('a').inflight, 0)
  assert.equal(bench.strategy.settled.length, 0)
})

test('a flow that found no endpoint counts nowhere', () => {
  const bench = new Bench('a')
  bench.strategy.script.push(undefined)
  const flow = bench.flow()
  assert.equal(bench.upstream.acquire(flow), undefined)
  bench.upstream.release(flow, 'local')
  assert.deepEqual([flow.attempt, flow.endpoint, flow.owner], [0, undefined, undefined])
  assert.equal(bench.endpoint('a').inflight, 0)
})

test('each attempt of a flow counts by itself', () => {
  const bench = new Bench('a', 'b')
  const flow = bench.flow()
  bench.strategy.script.push(bench.endpoint('a'), bench.endpoint('b'))
  bench.upstream.acquire(flow)
  assert.deepEqual([flow.attempt, flow.endpoint?.id], [1, 'a'])
  bench.upstream.release(flow, 'connect-failed')
  bench.upstream.acquire(flow)
  assert.deepEqual([flow.attempt, flow.endpoint?.id], [2, 'b'])
  bench.upstream.release(flow, 'ok')
  bench.upstream.release(flow, 'ok')
  const told = bench.strategy.settled.map(([endpoint, , outcome]) => [endpoint.id, outcome])
  assert.deepEqual(told, [
    ['a', 'connect-failed'],
    ['b', 'ok'],
  ])
  assert.deepEqual(
    bench.endpoints.map(({ inflight }) => inflight),
    [0, 0],
  )
})

test('latency runs to the first byte, or to the end without one', () => {
  const bench = new Bench('a')
  const answered = bench.started()
  bench.clock.advance(30)
  answered.answeredAt = bench.clock.now()
  bench.clock.advance(500)
  bench.upstream.release(answered, 'ok')
  const silent = bench.started()
  bench.clock.advance(70)
  bench.upstream.release(silent, 'timeout')
  assert.deepEqual(
    bench.strategy.settled.map(([, latencyMs]) => latencyMs),
    [30, 70],
  )
})

test("the time that a client takes to send a body is not the endpoint's", () => {
  const bench = new Bench('a')
  const flow = bench.flow()
  flow.isUploading = true
  bench.upstream.acquire(flow)
  bench.clock.advance(5_000)
  flow.uploaded()
  bench.clock.advance(30)
  flow.answered(bench.clock.now(), 'ok', 200)
  bench.upstream.release(flow, 'overload')
  // All of it is there for the next attempt.
  bench.upstream.acquire(flow)
  bench.clock.advance(20)
  bench.upstream.release(flow, 'timeout')
  assert.deepEqual(
    bench.strategy.settled.map(([, latencyMs]) => latencyMs),
    [30, 20],
  )
})

test('an answer that does not wait for the end of an upload has taken since it was sent', () => {
  const bench = new Bench('a')
  const early = bench.flow()
  early.isUploading = true
  bench.upstream.acquire(early)
  bench.clock.advance(40)
  early.answered(bench.clock.now(), 'ok', 200)
  bench.clock.advance(500)
  early.uploaded()
  bench.upstream.release(early, 'ok')
  const never = bench.flow()
  never.isUploading = true
  bench.upstream.acquire(never)
  bench.clock.advance(60)
  bench.upstream.release(never, 'timeout')
  assert.deepEqual(
    bench.strategy.settled.map(([, latencyMs]) => latencyMs),
    [40, 60],
  )
})

test('a second attempt does not inherit the first byte of the one before', () => {
  const bench = new Bench('a')
  const flow = bench.started()
  bench.clock.advance(30)
  flow.answeredAt = bench.clock.now()
  bench.upstream.release(flow, 'overload')
  bench.clock.advance(100)
  bench.upstream.acquire(flow)
  bench.clock.advance(20)
  bench.upstream.release(flow, 'timeout')
  assert.deepEqual(
    bench.strategy.settled.map(([, latencyMs]) => latencyMs),
    [30, 20],
  )
})

test('settle goes to the strategy that was started, even if another one took over since', () => {
  const bench = new Bench('a')
  const before = bench.strategy
  const flow = bench.started()
  bench.strategy = new ScriptedStrategy()
  bench.configure('a')
  bench.upstream.release(flow, 'ok')
  assert.deepEqual([before.started.length, before.settled.length], [1, 1])
  assert.deepEqual([bench.strategy.started.length, bench.strategy.settled.length], [0, 0])
  assert.equal(bench.endpoint('a').inflight, 0)
})

test('settle is called for an endpoint that was held since', () => {
  const bench = new Bench('a')
  const flow = bench.started()
  bench.view().hold(bench.endpoint('a'), 'x')
  bench.clock.advance(0)
  bench.upstream.release(flow, 'ok')
  assert.equal(bench.strategy.settled.length, 1)
})

test('observers see each attempt end, until they are cancelled', () => {
  const bench = new Bench('a')
  const seen: unknown[] = []
  const view = bench.view()
  const cancel = view.observe((endpoint, latencyMs, outcome) => {
    seen.push([endpoint.id, latencyMs, outcome, endpoint.inflight])
  })
  const flow = bench.started()
  bench.clock.advance(5)
  bench.upstream.release(flow, 'timeout')
  bench.upstream.release(flow, 'timeout')
  assert.deepEqual(seen, [['a', 5, 'timeout', 0]])
  cancel()
  cancel()
  bench.pick()
  assert.equal(seen.length, 1)
})

test('a settle that throws costs a log line; the count is right', () => {
  const bench = new Bench('a')
  const error = new Error('lost count')
  bench.strategy.settle = () => {
    throw error
  }
  const flow = bench.started()
  bench.upstream.release(flow, 'ok')
  assert.equal(bench.endpoint('a').inflight, 0)
  assert.deepEqual(bench.errors, [error])
})

test('a settle or an observer that throws keeps nobody else from hearing', () => {
  const bench = new Bench('a')
  const heard: string[] = []
  bench.strategy.settle = () => {
    throw new Error('settle')
  }
  bench.view().observe(() => {
    throw new Error('observer')
  })
  bench.view().observe((endpoint) => heard.push(endpoint.id))
  bench.pick()
  assert.deepEqual(heard, ['a'])
  assert.equal(bench.errors.length, 2)
})

test('a start that throws leaves nothing in flight once the flow is released', () => {
  const bench = new Bench('a')
  bench.strategy.start = () => {
    throw new Error('start')
  }
  const flow = bench.flow()
  try {
    bench.upstream.acquire(flow)
  } catch {
    // Whether it throws is told by the next test.
  }
  bench.upstream.release(flow, 'local')
  assert.equal(bench.endpoint('a').inflight, 0)
})

// Whoever calls acquire has no attempt yet to release when it throws.
test('a start that throws costs a log line, not the flow', () => {
  const bench = new Bench('a')
  const error = new Error('start')
  bench.strategy.start = () => {
    throw error
  }
  const flow = bench.flow()
  assert.equal(bench.upstream.acquire(flow), bench.endpoint('a'))
  assert.deepEqual(bench.errors, [error])
})

test('a pick that throws counts nothing', () => {
  const bench = new Bench('a')
  bench.strategy.pick = () => {
    throw new Error('pick')
  }
  assert.throws(() => bench.upstream.acquire(bench.flow()), /pick/)
  assert.equal(bench.endpoint('a').inflight, 0)
})

test('a flow may change its upstream before it is acquired', () => {
  const [bench, other] = [new Bench('a'), new Bench('b')]
  const flow = bench.flow()
  flow.upstream = other.view()
  assert.equal(flow.live, other.upstream)
  assert.equal(flow.live.acquire(flow)?.id, 'b')
  bench.upstream.release(flow, 'ok')
  assert.equal(other.endpoint('b').inflight, 1)
  flow.owner?.release(flow, 'ok')
  assert.equal(other.endpoint('b').inflight, 0)
})

test('an upstream that no plugin was given cannot be a flow’s', () => {
  const flow = new Bench('a').flow()
  const forged = { ...new Bench('b').view(), name: 'b', endpoints: [] }
  assert.throws(() => {
    flow.upstream = forged as never
  }, TypeError)
})

test('a preferred endpoint of another upstream is not taken', () => {
  const [bench, other] = [new Bench('a'), new Bench('b')]
  const picked = bench.pick((flow) => {
    flow.prefer = other.endpoint('b')
  })
  assert.equal(picked, 'a')
})
