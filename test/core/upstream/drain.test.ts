import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Drain, DrainEnd } from 'sluice'
import { Bench } from './scripted.ts'

const SECOND = 1_000

/** Tunnels that write down who is asked and cut. */
function lastingOn(bench: Bench, cutEach = 0) {
  const seen = { overMs: [] as number[], cancelled: 0, cut: 0 }
  bench.upstream.lasting = {
    dismiss(_endpoint, overMs) {
      seen.overMs.push(overMs)
      return {
        cut: 0,
        cancel() {
          seen.cancelled++
        },
      }
    },
    cut() {
      seen.cut++
      return cutEach
    },
  }
  return seen
}

/** How a drain ended so far; undefined if it has not. */
async function endOf(drain: Drain): Promise<DrainEnd | undefined> {
  const pending = new Promise<undefined>((resolve) => setImmediate(() => resolve(undefined)))
  return Promise.race([drain.done, pending])
}

/** The endpoint that a flow gets which prefers one. */
function pickBoundTo(id: string, bench: Bench): string | undefined {
  return bench.pick((flow) => {
    flow.prefer = bench.endpoint(id)
  })
}

describe('an endpoint that is drained', () => {
  test('gets no new flow, and is done at once where nothing is on it', async () => {
    const bench = new Bench('a', 'b')
    const drain = bench.view().drain(bench.endpoint('a'))
    bench.clock.advance(0)
    assert.deepEqual([bench.pick(), bench.pick()], ['b', 'b'])
    assert.equal(drain.isDone, true)
    assert.deepEqual(await endOf(drain), { how: 'drained', left: 0, cut: 0 })
  })

  test('is done when its last flow is released, and tells how many are left until then', async () => {
    const bench = new Bench('a', 'b')
    const flows = [bench.started(), bench.started()]
    const drain = bench.view().drain(bench.endpoint('a'))
    assert.equal(drain.left, 2)
    for (const flow of flows) {
      assert.equal(await endOf(drain), undefined)
      bench.upstream.release(flow, 'ok')
    }
    assert.deepEqual([drain.left, await endOf(drain)], [0, { how: 'drained', left: 0, cut: 0 }])
  })

  test('serves flows that prefer it until it is done, and none after that', () => {
    const bench = new Bench('a', 'b')
    const flow = bench.started()
    const bound = () => pickBoundTo('a', bench)
    const drain = bench.view().drain(bench.endpoint('a'))
    assert.equal(bound(), 'a')
    bench.upstream.release(flow, 'ok')
    assert.equal(drain.isDone, true)
    assert.equal(bound(), 'b')
  })

  test('serves them until none has come for quietMs', async () => {
    const bench = new Bench('a', 'b')
    const bound = () => pickBoundTo('a', bench)
    const drain = bench.view().drain(bench.endpoint('a'), { quietMs: 5 * SECOND })
    bench.clock.advance(4 * SECOND)
    assert.equal(bound(), 'a')
    bench.clock.advance(4 * SECOND)
    assert.equal(drain.isDone, false)
    bench.clock.advance(SECOND)
    assert.equal((await endOf(drain))?.how, 'drained')
    assert.equal(bound(), 'b')
  })

  test('keeps sessions that are bound to it until its deadline, unless told how long must be quiet', async () => {
    const bench = new Bench('a', 'b')
    const bound = () => pickBoundTo('a', bench)
    const unbind = bench.view().bindsSessions()
    const drain = bench.view().drain(bench.endpoint('a'), { deadlineMs: 60 * SECOND })
    bench.clock.advance(59 * SECOND)
    assert.equal(bound(), 'a')
    bench.clock.advance(2 * SECOND)
    assert.equal((await endOf(drain))?.how, 'deadline')
    assert.equal(bound(), 'b')
    drain.release()

    assert.equal(bench.view().drain(bench.endpoint('a'), { quietMs: 0 }).isDone, true)
    unbind()
    assert.equal(bench.view().drain(bench.endpoint('b')).isDone, true)
  })

  test('is accepted for those alone that prefer it, and no longer than it is drained', () => {
    const bench = new Bench('a', 'b')
    const view = bench.view()
    view.bindsSessions()
    const [a] = view.endpoints
    assert.ok(a !== undefined)
    const drain = view.drain(a, { deadlineMs: SECOND })
    assert.equal(view.accepts(a), true)
    const check = view.hold(a, 'health')
    assert.equal(view.accepts(a), false)
    check.release()
    bench.clock.advance(SECOND)
    assert.equal(view.accepts(a), false)
    drain.release()
    assert.equal(view.accepts(a), true)
  })

  test('is not done while a flow that prefers it is on it, however long', () => {
    const bench = new Bench('a', 'b')
    const drain = bench.view().drain(bench.endpoint('a'), { quietMs: SECOND })
    const bound = bench.flow()
    bound.prefer = bench.endpoint('a')
    bench.upstream.acquire(bound)
    bench.clock.advance(10 * SECOND)
    assert.deepEqual([drain.isDone, drain.left], [false, 1])
  })

  test('is done at its deadline, whatever is on it: tunnels are cut, others go on', async () => {
    const bench = new Bench('a', 'b')
    const seen = lastingOn(bench, 1)
    bench.started()
    bench.started()
    const drain = bench.view().drain(bench.endpoint('a'), { deadlineMs: 10 * SECOND })
    assert.deepEqual(seen.overMs, [8 * SECOND])
    bench.clock.advance(10 * SECOND - 1)
    assert.deepEqual([seen.cut, await endOf(drain)], [0, undefined])
    bench.clock.advance(1)
    assert.deepEqual(await endOf(drain), { how: 'deadline', left: 1, cut: 1 })
    assert.deepEqual([seen.cut, seen.cancelled], [1, 1])
    assert.equal(pickBoundTo('a', bench), 'b')
  })

  test('is back in traffic when the drain is released, before its end and after it', async () => {
    const bench = new Bench('a', 'b')
    const flow = bench.started()
    const called = bench.view().drain(bench.endpoint('a'))
    called.release()
    assert.deepEqual(await endOf(called), { how: 'released', left: 1, cut: 0 })
    bench.upstream.release(flow, 'ok')
    const done = bench.view().drain(bench.endpoint('a'))
    done.release()
    done.release()
    bench.clock.advance(60 * SECOND)
    assert.deepEqual([bench.pick(), bench.endpoint('a').holds], ['a', 0])
    assert.equal((await endOf(done))?.how, 'drained')
  })

  test('stays out as long as one of two drains is in force', () => {
    const bench = new Bench('a', 'b')
    const [first, second] = [bench.view(), bench.view()].map((view) =>
      view.drain(bench.endpoint('a')),
    )
    first?.release()
    bench.clock.advance(0)
    assert.equal(bench.pick(), 'b')
    second?.release()
    bench.clock.advance(0)
    assert.equal(bench.pick(), 'a')
  })

  test('is back when the use that drained it is dropped, and a dropped one drains nothing', () => {
    const bench = new Bench('a', 'b')
    const view = bench.view()
    const drain = view.drain(bench.endpoint('a'))
    view.close()
    const late = view.drain(bench.endpoint('a'))
    bench.clock.advance(0)
    assert.deepEqual([bench.pick(), drain.isDone, late.isDone], ['a', true, true])
  })

  test('leaves nothing behind that waits for time or for flows', () => {
    const bench = new Bench('a', 'b')
    const seen = lastingOn(bench)
    const view = bench.view()
    for (let i = 0; i < 40; i++) view.drain(bench.endpoint('a')).release()
    assert.equal(seen.cancelled, 40)
    bench.clock.advance(60 * SECOND)
    assert.equal(seen.cut, 0)
  })

  test('is done like any other when it leaves the config meanwhile', async () => {
    const bench = new Bench('a', 'b')
    const flow = bench.started()
    const drain = bench.view().drain(bench.endpoint('a'))
    bench.configure('b')
    bench.upstream.release(flow, 'ok')
    assert.equal((await endOf(drain))?.how, 'drained')
  })
})
