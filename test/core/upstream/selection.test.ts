import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Endpoint } from '../../../core/contracts/endpoint.ts'
import type { Group, Selector } from '../../../core/contracts/selector.ts'
import { Selection } from '../../../core/upstream/selection.ts'
import { Bench, ScriptedStrategy } from './scripted.ts'

/** Sorts by zone; `places` says where flows go. */
class ByZone implements Selector {
  readonly seen: Group[] = []
  /** Whether held endpoints are let in. */
  panics = false
  place = 0

  update(group: Group): readonly Group[] {
    this.seen.push(group)
    return ['a', 'b'].map((name) => {
      const all = group.all.filter(({ zone }) => zone === name)
      const ready = all.filter((one) => one.holds === 0 || (this.panics && one.firmHolds === 0))
      return { name, ready, all }
    })
  }

  select(): number {
    return this.place
  }
}

function zoned() {
  const made: ScriptedStrategy[] = []
  const selector = new ByZone()
  const bench = new Bench()
  const selection = new Selection('users', selector, () => {
    made.push(new ScriptedStrategy())
    return made.at(-1) as ScriptedStrategy
  })
  bench.strategy = selection as never
  bench.configure({ id: 'a1', zone: 'a' }, { id: 'a2', zone: 'a' }, { id: 'b1', zone: 'b' })
  return { bench, selector, made }
}

test('each group has a strategy of its own, which sees its ready endpoints', () => {
  const { bench, selector, made } = zoned()
  assert.equal(selector.seen[0]?.name, 'users')
  assert.deepEqual(
    made.map(({ updates }) => updates),
    [[['a1', 'a2']], [['b1']]],
  )
  bench.view().hold(bench.endpoint('a1'), 'health')
  bench.clock.advance(0)
  assert.deepEqual(selector.seen[1]?.all.map(idOf), ['a1', 'a2', 'b1'])
  assert.deepEqual(selector.seen[1]?.ready.map(idOf), ['a2', 'b1'])
  assert.deepEqual(made[0]?.updates[1], ['a2'])
  assert.equal(made.length, 2)
})

test('a flow goes to the group that the selector says, and counts on its strategy alone', () => {
  const { bench, selector, made } = zoned()
  selector.place = 1
  const flow = bench.started()
  assert.equal(flow.endpoint?.id, 'b1')
  bench.upstream.release(flow, 'ok')
  assert.deepEqual(
    made.map(({ started, settled }) => [started.length, settled.length]),
    [
      [0, 0],
      [1, 1],
    ],
  )
})

test('a group without an endpoint is passed over, and so is a place that does not exist', () => {
  const { bench, selector } = zoned()
  bench.view().hold(bench.endpoint('b1'), 'drain')
  bench.clock.advance(0)
  selector.place = 1
  assert.equal(bench.pick(), 'a1')
  selector.place = 7
  assert.equal(bench.pick(), 'a1')
})

test('a held endpoint that a selector lets in gets flows, unless a firm hold came since', () => {
  const { bench, selector } = zoned()
  selector.panics = true
  selector.place = 1
  const b1 = bench.endpoint('b1')
  bench.view().hold(b1, 'health')
  assert.notEqual(bench.pick(), 'b1', 'not before the selector has seen it')
  bench.clock.advance(0)
  assert.equal(bench.pick(), 'b1')
  const preferring = bench.flow()
  preferring.prefer = b1
  assert.equal(bench.upstream.acquire(preferring)?.id, 'b1')
  bench.view().hold(b1, 'breaker')
  assert.notEqual(bench.pick(), 'b1')
})

test('health and ejection may be lifted; every other reason is firm', () => {
  const { bench } = zoned()
  const [a1, a2] = [bench.endpoint('a1'), bench.endpoint('a2')]
  const view = bench.view()
  for (const reason of ['health', 'ejection']) view.hold(a1, reason)
  assert.notEqual(a1.holds, 0)
  assert.equal(a1.firmHolds, 0)
  for (const reason of ['drain', 'breaker', 'admin', 'unreachable', 'mine']) {
    const hold = view.hold(a2, reason)
    assert.notEqual(a2.firmHolds, 0, reason)
    hold.release()
    assert.equal(a2.firmHolds, 0, reason)
  }
})

test('a firm hold on top of a soft one, and its end, are told to the selector', () => {
  const { bench, selector } = zoned()
  const view = bench.view()
  view.hold(bench.endpoint('a1'), 'health')
  bench.clock.advance(0)
  const updates = selector.seen.length
  const firm = view.hold(bench.endpoint('a1'), 'unreachable')
  bench.clock.advance(0)
  assert.equal(selector.seen.length, updates + 1)
  firm.release()
  bench.clock.advance(0)
  assert.equal(selector.seen.length, updates + 2)
})

function idOf({ id }: Endpoint): string {
  return id
}
