import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bind, CLOCK } from 'sluice'
import { slowStart } from 'sluice/plugins'
import { instantiate } from 'sluice/testing'
import { shareAt } from '../../../plugins/slow-start/slow-start.ts'
import { Bench } from '../../core/upstream/scripted.ts'

/** An upstream whose first endpoints have been there for ten minutes. */
function warm(...ids: readonly string[]): Bench {
  const bench = new Bench(...ids)
  const plugin = instantiate(slowStart(), [bind(CLOCK, bench.clock)])
  plugin.upstream?.(bench.view())
  bench.clock.advance(600_000)
  return bench
}

function weights(bench: Bench): number[] {
  return bench.endpoints.map(({ weight }) => Math.round(weight * 1_000) / 1_000)
}

test('the share grows as Envoy’s does', () => {
  const at = (aggression: number) =>
    [0.1, 0.25, 0.5, 0.75].map((part) => {
      const share = shareAt(part * 30_000, { window: 30_000, aggression, floor: 0.1 })
      return Math.round(share * 100) / 100
    })
  assert.deepEqual(at(1), [0.1, 0.25, 0.5, 0.75])
  assert.deepEqual(at(2), [0.32, 0.5, 0.71, 0.87])
  assert.deepEqual(at(0.5), [0.1, 0.1, 0.25, 0.56])
  assert.deepEqual(at(5), [0.63, 0.76, 0.87, 0.94])
})

for (const reason of ['health', 'unreachable', 'ejection', 'drained']) {
  test(`an endpoint that comes back from a hold by ${reason} starts at a tenth of its weight`, () => {
    const bench = warm('a', 'b')
    const hold = bench.view().hold(bench.endpoint('a'), reason)
    bench.clock.advance(5_000)
    hold.release()
    assert.deepEqual(weights(bench), [0.1, 1], 'before the strategy is told that it is ready')
    bench.clock.advance(15_000)
    assert.deepEqual(weights(bench), [0.5, 1])
    bench.clock.advance(15_000)
    assert.deepEqual(weights(bench), [1, 1])
  })
}

test('after any other hold the weight is what it was', () => {
  const bench = warm('a', 'b')
  const hold = bench.view().hold(bench.endpoint('a'), 'drain')
  bench.clock.advance(5_000)
  hold.release()
  assert.deepEqual(weights(bench), [1, 1])
})

test('a drain that is called off before the endpoint was empty leaves it warm', () => {
  const bench = warm('a', 'b')
  const flow = bench.flow()
  bench.strategy.script.push(bench.endpoint('a'))
  bench.upstream.acquire(flow)
  const drain = bench.view().drain(bench.endpoint('a'))
  bench.clock.advance(5_000)
  drain.release()
  assert.deepEqual(weights(bench), [1, 1])
})

test('one that was drained to the end comes back cold: it was most likely replaced', () => {
  const bench = warm('a', 'b')
  const drain = bench.view().drain(bench.endpoint('a'))
  bench.clock.advance(5_000)
  assert.equal(drain.isDone, true)
  drain.release()
  assert.deepEqual(weights(bench), [0.1, 1])
})

test('what counts is that it is ready again, not which of its holds ends last', () => {
  const bench = warm('a', 'b')
  const view = bench.view()
  const [health, drain] = ['health', 'drain'].map((why) => view.hold(bench.endpoint('a'), why))
  health?.release()
  assert.deepEqual(weights(bench), [1, 1])
  drain?.release()
  assert.deepEqual(weights(bench), [0.1, 1])
})

test('an endpoint that joins warm ones starts small', () => {
  const bench = warm('a', 'b')
  bench.configure('a', 'b', 'c')
  assert.deepEqual(weights(bench), [1, 1, 0.1])
  bench.clock.advance(30_000)
  assert.deepEqual(weights(bench), [1, 1, 1])
})

test('one that joins and must pass a check first starts small after that', () => {
  const bench = warm('a', 'b')
  const view = bench.view()
  view.watch({
    joined(endpoint) {
      if (endpoint.id !== 'c') return
      const hold = view.hold(endpoint, 'health')
      bench.clock.after(20_000, () => hold.release())
    },
  })
  bench.configure('a', 'b', 'c')
  bench.clock.advance(20_000)
  assert.deepEqual(weights(bench), [1, 1, 0.1])
  bench.clock.advance(30_000)
  assert.deepEqual(weights(bench), [1, 1, 1])
})

test('at a start nothing is held back, in whatever order the first checks pass', () => {
  const bench = new Bench('a', 'b', 'c')
  const plugin = instantiate(slowStart(), [bind(CLOCK, bench.clock)])
  plugin.upstream?.(bench.view())
  const view = bench.view()
  const holds = bench.endpoints.map((endpoint) => view.hold(endpoint, 'health'))
  for (const hold of holds) {
    bench.clock.advance(500)
    hold.release()
    assert.deepEqual(weights(bench), [1, 1, 1])
  }
})

test('the first to come back from a total outage takes all at once, and so do those right behind', () => {
  const bench = warm('a', 'b', 'c')
  const view = bench.view()
  const holds = bench.endpoints.map((endpoint) => view.hold(endpoint, 'health'))
  bench.clock.advance(60_000)
  holds[0]?.release()
  bench.clock.advance(10_000)
  holds[1]?.release()
  assert.deepEqual(weights(bench), [1, 1, 1])
  bench.clock.advance(30_000)
  holds[2]?.release()
  assert.deepEqual(weights(bench), [1, 1, 0.1], 'a has served for a window')
})

test('when all of them are replaced at once, none is held back', () => {
  const bench = warm('a', 'b')
  bench.configure('c', 'd')
  assert.deepEqual(weights(bench), [1, 1])
})

test('one that fails while it warms up begins anew', () => {
  const bench = warm('a', 'b')
  const view = bench.view()
  view.hold(bench.endpoint('a'), 'health').release()
  bench.clock.advance(20_000)
  const again = view.hold(bench.endpoint('a'), 'health')
  bench.clock.advance(20_000)
  again.release()
  bench.clock.advance(3_000)
  assert.deepEqual(weights(bench), [0.1, 1])
})

test('strategies see the steps once a second, and none when it is over', () => {
  const bench = warm('a', 'b')
  const hold = bench.view().hold(bench.endpoint('a'), 'health')
  bench.clock.advance(2_000)
  hold.release()
  const before = bench.strategy.updates.length
  bench.clock.advance(600_000)
  const updates = bench.strategy.updates.length - before
  assert.ok(updates >= 25 && updates <= 32, `${updates}`)
})
