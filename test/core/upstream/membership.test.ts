import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Bench } from './scripted.ts'

test('an endpoint that stays in the config stays the same object, with its state', () => {
  const bench = new Bench('a', 'b')
  const a = bench.endpoint('a')
  const flow = bench.started()
  const hold = bench.view().hold(a, 'health')
  bench.configure('c', { id: 'a', weight: 5 })
  assert.equal(bench.endpoint('a'), a)
  assert.deepEqual([a.inflight, a.weight], [1, 5])
  assert.notEqual(a.holds, 0)
  hold.release()
  bench.upstream.release(flow, 'ok')
  assert.deepEqual([a.inflight, a.holds], [0, 0])
})

test('endpoints stand in the config’s order, in a new list after each change', () => {
  const bench = new Bench('a', 'b')
  const before = bench.endpoints
  bench.configure('c', 'b', 'a')
  assert.deepEqual(
    bench.endpoints.map(({ id }) => id),
    ['c', 'b', 'a'],
  )
  assert.deepEqual(
    before.map(({ id }) => id),
    ['a', 'b'],
  )
})

test('an endpoint that leaves closes its connections and gets no new flows', () => {
  const bench = new Bench('a', 'b')
  const a = bench.endpoint('a')
  bench.configure('b')
  assert.deepEqual(bench.closed, ['a'])
  assert.notEqual(a.holds, 0)
  assert.equal(bench.pick(), 'b')
  const preferring = bench.pick((flow) => {
    flow.prefer = a
  })
  assert.equal(preferring, 'b')
})

test('an endpoint that leaves and comes back starts anew', () => {
  const bench = new Bench('a', 'b')
  const before = bench.endpoint('a')
  const late = bench.started()
  const hold = bench.view().hold(before, 'health')
  bench.configure('b')
  bench.configure('a', 'b')
  const after = bench.endpoint('a')
  assert.notEqual(after, before)
  assert.deepEqual([after.inflight, after.holds, after.weight], [0, 0, 1])
  const flow = bench.started()
  bench.upstream.release(late, 'ok')
  hold.release()
  assert.deepEqual([before.inflight, after.inflight, after.holds], [0, 1, 0])
  bench.upstream.release(flow, 'ok')
  assert.equal(after.inflight, 0)
})

test('another URL or another way to connect makes another endpoint of the same id', () => {
  const bench = new Bench('a')
  const first = bench.endpoint('a')
  bench.configure({ id: 'a', url: 'http://elsewhere.test' })
  const second = bench.endpoint('a')
  bench.configure({ id: 'a', url: 'http://elsewhere.test', connection: 'tls' })
  assert.equal(new Set([first, second, bench.endpoint('a')]).size, 3)
  assert.deepEqual(bench.closed, ['a', 'a'])
})

test('indexes are small, and unique among the endpoints that exist', () => {
  const bench = new Bench('a', 'b', 'c')
  for (let round = 0; round < 50; round++) {
    bench.configure(`x${round}`, 'b', `y${round}`)
    const indexes = bench.endpoints.map(({ index }) => index)
    assert.equal(new Set(indexes).size, 3)
    assert.ok(Math.max(...indexes) < 6, `${indexes}`)
  }
})

test('the index of an endpoint that left is not used again while a flow counts on it', () => {
  const bench = new Bench('a')
  const { index } = bench.endpoint('a')
  const flow = bench.started()
  const others = ['b', 'c', 'd', 'e']
  for (const id of others) {
    bench.configure(id)
    assert.notEqual(bench.endpoint(id).index, index)
  }
  bench.upstream.release(flow, 'ok')
  bench.upstream.release(flow, 'ok')
  bench.configure('e', 'f', 'g', 'h')
  const indexes = bench.endpoints.map((endpoint) => endpoint.index)
  assert.ok(indexes.includes(index))
  assert.equal(new Set(indexes).size, 4)
})

test('watchers see those that are there, those that join and those that leave', () => {
  const bench = new Bench('a', 'b')
  const seen: string[] = []
  const cancel = bench.view().watch({
    joined: (endpoint) => seen.push(`+${endpoint.id}`),
    left: (endpoint) => seen.push(`-${endpoint.id}`),
  })
  assert.deepEqual(seen, ['+a', '+b'])
  bench.configure('b', 'c')
  assert.deepEqual(seen.slice(2).sort(), ['+c', '-a'])
  bench.configure('b', 'c')
  cancel()
  bench.configure('d')
  assert.equal(seen.length, 4)
})

test('a watcher that holds what joins keeps it from the very first pick', () => {
  const bench = new Bench('a')
  const view = bench.view()
  view.watch({ joined: (endpoint) => void view.hold(endpoint, 'unchecked') })
  bench.configure('a', 'b')
  assert.equal(bench.pick(), undefined)
})

test('a watcher that throws does not keep a config from taking force', () => {
  const bench = new Bench('a')
  const error = new Error('watcher')
  let isBroken = false
  bench.view().watch({
    joined() {
      if (isBroken) throw error
    },
    left() {
      if (isBroken) throw error
    },
  })
  isBroken = true
  assert.doesNotThrow(() => bench.configure('b', 'c'))
  assert.deepEqual(bench.strategy.updates.at(-1), ['b', 'c'])
  assert.ok(bench.errors.length > 0)
})

test('an upstream that is disposed of closes every connection and has nobody ready', () => {
  const bench = new Bench('a', 'b')
  const flow = bench.started()
  const a = bench.endpoint('a')
  bench.upstream.dispose()
  assert.deepEqual(bench.closed.sort(), ['a', 'b'])
  assert.equal(bench.pick(), undefined)
  bench.upstream.release(flow, 'ok')
  assert.equal(a.inflight, 0)
  assert.equal(bench.strategy.settled.length, 1)
})
