import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HOLD_BITS } from '../../../core/upstream/endpoint.ts'
import { Bench } from './scripted.ts'

test('a held endpoint gets no new flows until the hold is released', () => {
  const bench = new Bench('a', 'b')
  const hold = bench.view().hold(bench.endpoint('a'), 'health')
  bench.clock.advance(0)
  assert.deepEqual([bench.pick(), bench.strategy.updates.at(-1)], ['b', ['b']])
  hold.release()
  bench.clock.advance(0)
  assert.deepEqual([bench.pick(), bench.strategy.updates.at(-1)], ['a', ['a', 'b']])
})

test('a hold says what it holds and why', () => {
  const bench = new Bench('a')
  const hold = bench.view().hold(bench.endpoint('a'), 'health')
  assert.deepEqual([hold.endpoint, hold.reason], [bench.endpoint('a'), 'health'])
})

test('what one use holds, another cannot release', () => {
  const bench = new Bench('a')
  const [health, breaker] = [bench.view(), bench.view()]
  const first = health.hold(bench.endpoint('a'), 'health')
  const second = breaker.hold(bench.endpoint('a'), 'breaker')
  first.release()
  assert.notEqual(bench.endpoint('a').holds, 0)
  second.release()
  assert.equal(bench.endpoint('a').holds, 0)
})

test('two uses have two bits', () => {
  const bench = new Bench('a', 'b')
  bench.view().hold(bench.endpoint('a'), 'health')
  bench.view().hold(bench.endpoint('b'), 'health')
  assert.equal(bench.endpoint('a').holds & bench.endpoint('b').holds, 0)
})

test('holds of one use add up: the endpoint is ready after the last of them', () => {
  const bench = new Bench('a')
  const view = bench.view()
  const holds = [1, 2, 3].map((number) => view.hold(bench.endpoint('a'), `check ${number}`))
  for (const hold of holds) {
    assert.notEqual(bench.endpoint('a').holds, 0)
    hold.release()
  }
  assert.equal(bench.endpoint('a').holds, 0)
})

test('releasing a hold again does nothing to another hold of the same use', () => {
  const bench = new Bench('a')
  const view = bench.view()
  const first = view.hold(bench.endpoint('a'), 'one')
  view.hold(bench.endpoint('a'), 'two')
  first.release()
  first.release()
  first.release()
  assert.notEqual(bench.endpoint('a').holds, 0)
})

test('a drained endpoint is still taken by flows that prefer it, and by no others', () => {
  const bench = new Bench('a', 'b')
  const a = bench.endpoint('a')
  bench.view().hold(a, 'drain')
  bench.clock.advance(0)
  assert.equal(bench.pick(), 'b')
  assert.equal(
    bench.pick((flow) => {
      flow.prefer = a
    }),
    'a',
  )
})

test('any other hold turns flows away that prefer the endpoint, drained or not', () => {
  const bench = new Bench('a', 'b')
  const a = bench.endpoint('a')
  const view = bench.view()
  view.hold(a, 'drain')
  const health = view.hold(a, 'health')
  bench.clock.advance(0)
  const preferring = () =>
    bench.pick((flow) => {
      flow.prefer = a
    })
  assert.equal(preferring(), 'b')
  health.release()
  assert.equal(preferring(), 'a')
})

test('the bit of a use that drained is no drain bit once another use has it', () => {
  const bench = new Bench('a', 'b')
  const a = bench.endpoint('a')
  const draining = bench.view()
  draining.hold(a, 'drain')
  draining.close()
  bench.view().hold(a, 'health')
  bench.clock.advance(0)
  const preferring = bench.pick((flow) => {
    flow.prefer = a
  })
  assert.equal(preferring, 'b')
})

test(`${HOLD_BITS} uses may hold; one more is refused with the upstream’s name`, () => {
  const bench = new Bench('a')
  const views = Array.from({ length: HOLD_BITS }, () => bench.view())
  for (const view of views) view.hold(bench.endpoint('a'), 'x')
  assert.throws(
    () => bench.view().hold(bench.endpoint('a'), 'x'),
    new RangeError('upstream users: more than 30 plugin uses hold endpoints'),
  )
  for (const view of views.slice(1)) view.close()
  assert.notEqual(bench.endpoint('a').holds, 0)
  views[0]?.close()
  assert.equal(bench.endpoint('a').holds, 0)
})

test('closing a view undoes all that the use did, and nothing else', () => {
  const bench = new Bench('a', 'b')
  const [view, other] = [bench.view(), bench.view()]
  const seen: string[] = []
  view.hold(bench.endpoint('a'), 'health')
  view.hold(bench.endpoint('a'), 'drain')
  view.weigh(bench.endpoint('b'), 0.5)
  view.observe((endpoint) => seen.push(`ended ${endpoint.id}`))
  view.watch({ joined: (endpoint) => seen.push(`joined ${endpoint.id}`) })
  const kept = other.hold(bench.endpoint('b'), 'health')
  seen.length = 0
  view.close()
  bench.clock.advance(1_000)
  assert.equal(bench.endpoint('a').holds, 0)
  assert.equal(bench.endpoint('b').weight, 1)
  assert.notEqual(bench.endpoint('b').holds, 0)
  bench.pick()
  bench.configure('a', 'b', 'c')
  assert.deepEqual(seen, [])
  kept.release()
  assert.equal(bench.endpoint('b').holds, 0)
})

test('a hold that is released after its view was closed harms nobody', () => {
  const bench = new Bench('a')
  const view = bench.view()
  const late = view.hold(bench.endpoint('a'), 'health')
  view.close()
  const successor = bench.view().hold(bench.endpoint('a'), 'health')
  late.release()
  assert.notEqual(bench.endpoint('a').holds, 0)
  successor.release()
  assert.equal(bench.endpoint('a').holds, 0)
})

// A health check may come back after its plugin was disposed of.
test('a view that was closed holds and weighs nothing any more', () => {
  const bench = new Bench('a')
  const view = bench.view()
  view.hold(bench.endpoint('a'), 'health').release()
  view.close()
  view.hold(bench.endpoint('a'), 'health')
  view.weigh(bench.endpoint('a'), 0.5)
  assert.equal(bench.endpoint('a').holds, 0)
  assert.equal(bench.endpoint('a').weight, 1)
})

test('a hold on an endpoint that has left does not bring it back when released', () => {
  const bench = new Bench('a', 'b')
  const a = bench.endpoint('a')
  const hold = bench.view().hold(a, 'health')
  bench.configure('b')
  hold.release()
  bench.clock.advance(0)
  assert.notEqual(a.holds, 0)
  assert.equal(bench.pick(), 'b')
  const stale = bench.pick((flow) => {
    flow.prefer = a
  })
  assert.equal(stale, 'b')
})

test('an endpoint of nobody’s making is refused', () => {
  const bench = new Bench('a')
  const place = { id: 'a', url: '', index: 0, weight: 1, priority: 0, zone: '' }
  const forged = { ...place, inflight: 0, holds: 0, firmHolds: 0, isFull: false }
  assert.throws(() => bench.view().hold(forged, 'x'), TypeError)
  assert.throws(() => bench.view().weigh(forged, 0.5), TypeError)
})

test('a use that is dropped is told that every endpoint has left, and of none that comes', () => {
  const bench = new Bench('a', 'b')
  const view = bench.view()
  const seen: string[] = []
  view.watch({
    joined: ({ id }) => seen.push(`+${id}`),
    left: ({ id }) => seen.push(`-${id}`),
  })
  bench.configure('b')
  view.close()
  view.close()
  bench.configure('b', 'c')
  assert.deepEqual(seen, ['+a', '+b', '-a', '-b'])
})

test('a use learns how an endpoint is reached', () => {
  const bench = new Bench('a')
  assert.equal(bench.view().target(bench.endpoint('a')).url, 'http://a.test')
})
