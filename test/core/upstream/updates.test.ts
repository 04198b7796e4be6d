import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Bench } from './scripted.ts'

test('the strategy is told of the endpoints once before the first pick', () => {
  assert.deepEqual(new Bench('a', 'b').strategy.updates, [['a', 'b']])
})

test('many changes in one turn make one update, in a turn of its own', () => {
  const bench = new Bench('a', 'b', 'c')
  const view = bench.view()
  const hold = view.hold(bench.endpoint('a'), 'x')
  view.hold(bench.endpoint('b'), 'x')
  hold.release()
  view.weigh(bench.endpoint('c'), 0.5)
  assert.equal(bench.strategy.updates.length, 1)
  bench.clock.advance(0)
  assert.deepEqual(bench.strategy.updates.slice(1), [['a', 'c']])
  bench.clock.advance(10_000)
  assert.equal(bench.strategy.updates.length, 2)
})

test('a second hold on a held endpoint changes nothing, so it updates nothing', () => {
  const bench = new Bench('a', 'b')
  bench.view().hold(bench.endpoint('a'), 'x')
  bench.clock.advance(0)
  const second = bench.view().hold(bench.endpoint('a'), 'y')
  bench.clock.advance(0)
  second.release()
  bench.clock.advance(0)
  assert.equal(bench.strategy.updates.length, 2)
})

test('acquire and release never update, whatever changed before', () => {
  const bench = new Bench('a', 'b')
  bench.view().hold(bench.endpoint('a'), 'x')
  bench.view().weigh(bench.endpoint('b'), 0.5)
  const flow = bench.started()
  bench.upstream.release(flow, 'ok')
  assert.equal(bench.strategy.updates.length, 1)
})

test('a pick that is held is dropped and drawn again, three times', () => {
  const bench = new Bench('a', 'b', 'c')
  const [a, b, c] = [bench.endpoint('a'), bench.endpoint('b'), bench.endpoint('c')]
  bench.view().hold(a, 'x')
  bench.strategy.script.push(a, a, a, c)
  assert.equal(bench.pick(), 'c')
  assert.equal(bench.strategy.picks, 4)
  bench.strategy.script.push(a, a, a, a, c)
  assert.equal(bench.pick(), b.id)
  assert.equal(bench.strategy.picks, 8)
})

test('when every endpoint was held in this very turn, none is taken', () => {
  const bench = new Bench('a', 'b')
  const view = bench.view()
  for (const endpoint of bench.endpoints) view.hold(endpoint, 'x')
  assert.equal(bench.pick(), undefined)
  assert.equal(bench.strategy.started.length, 0)
})

test('a strategy that picks nothing is taken at its word', () => {
  const bench = new Bench('a')
  bench.strategy.script.push(undefined)
  assert.equal(bench.pick(), undefined)
  assert.equal(bench.strategy.picks, 1)
})

test('no endpoint that a flow avoids is picked', () => {
  const bench = new Bench('a', 'b', 'c')
  const avoiding = (...ids: string[]) =>
    bench.pick((flow) => {
      flow.avoid = new Set(ids.map((id) => bench.endpoint(id)))
    })
  assert.equal(avoiding('a'), 'b')
  assert.equal(avoiding('a', 'b'), 'c')
  bench.view().hold(bench.endpoint('c'), 'x')
  bench.clock.advance(0)
  assert.equal(avoiding('a'), 'b')
  assert.equal(avoiding('a', 'b'), undefined)
})

test('no endpoint that a flow avoids is taken in place of the others that are full', () => {
  const bench = new Bench('a', 'b')
  bench.maxInflight = 1
  bench.configure('a', 'b')
  bench.strategy.script.push(bench.endpoint('b'))
  bench.started()
  const picked = bench.pick((flow) => {
    flow.avoid = new Set([bench.endpoint('a')])
  })
  assert.equal(picked, undefined)
})

test('an endpoint knows that it is full, by the limit of the config in force', () => {
  const bench = new Bench('a')
  const a = bench.endpoint('a')
  const flow = bench.started()
  assert.equal(a.isFull, false)
  bench.maxInflight = 1
  bench.configure('a')
  assert.equal(a.isFull, true)
  bench.upstream.release(flow, 'ok')
  assert.equal(a.isFull, false)
})

test('what a strategy does not find goes evenly to all that have room, wherever they stand', () => {
  const ids = Array.from({ length: 20 }, (_, n) => `e${n}`)
  const open = ['e3', 'e4', 'e11']
  const bench = new Bench(...ids)
  const full = new Set(bench.endpoints.filter(({ id }) => !open.includes(id)))
  const counts = new Map<string | undefined, number>()
  for (let n = 0; n < 300; n++) {
    const id = bench.pick((flow) => {
      flow.avoid = full
    })
    counts.set(id, (counts.get(id) ?? 0) + 1)
  }
  assert.deepEqual(
    [...counts],
    open.map((id) => [id, 100]),
  )
})

test('an endpoint that is preferred and avoided is not preferred', () => {
  const bench = new Bench('a', 'b')
  const a = bench.endpoint('a')
  const picked = bench.pick((flow) => {
    flow.prefer = a
    flow.avoid = new Set([a])
  })
  assert.equal(picked, 'b')
})

test('a preferred endpoint is taken without asking the strategy, which is told of it', () => {
  const bench = new Bench('a', 'b')
  bench.pick((flow) => {
    flow.prefer = bench.endpoint('b')
  })
  assert.equal(bench.strategy.picks, 0)
  assert.deepEqual(bench.strategy.started, [bench.endpoint('b')])
})

test('weights reach the strategy within a second, and at most once a second', () => {
  const bench = new Bench('a')
  const view = bench.view()
  bench.clock.advance(1_000)
  const updates = (): number => bench.strategy.updates.length - 1
  view.weigh(bench.endpoint('a'), 0.1)
  bench.clock.advance(0)
  assert.equal(updates(), 1)
  for (let step = 1; step <= 50; step++) {
    view.weigh(bench.endpoint('a'), 0.1 + step / 100)
    bench.clock.advance(100)
  }
  assert.equal(updates(), 6)
  bench.clock.advance(1_000)
  assert.ok(updates() <= 7)
  bench.clock.advance(60_000)
  assert.ok(updates() <= 7)
})

test('a hold is told at once even while weights wait for their second', () => {
  const bench = new Bench('a', 'b')
  const view = bench.view()
  view.weigh(bench.endpoint('a'), 0.5)
  view.hold(bench.endpoint('b'), 'x')
  bench.clock.advance(0)
  assert.deepEqual(bench.strategy.updates.at(-1), ['a'])
  bench.clock.advance(5_000)
  assert.equal(bench.strategy.updates.length, 2)
})

test('a weight is the configured one times the factor of each use', () => {
  const bench = new Bench({ id: 'a', weight: 10 })
  const [one, other] = [bench.view(), bench.view()]
  one.weigh(bench.endpoint('a'), 0.5)
  other.weigh(bench.endpoint('a'), 0.2)
  assert.equal(bench.endpoint('a').weight, 1)
  bench.configure({ id: 'a', weight: 20 })
  assert.equal(bench.endpoint('a').weight, 2)
  one.weigh(bench.endpoint('a'), 1)
  other.close()
  assert.equal(bench.endpoint('a').weight, 20)
})

test('no factor takes a weight to nothing: a strategy would divide by it', () => {
  const bench = new Bench({ id: 'a', weight: 0.001 }, { id: 'b', weight: 1e-320 })
  const view = bench.view()
  view.weigh(bench.endpoint('a'), Number.MIN_VALUE)
  assert.deepEqual(
    bench.endpoints.map(({ weight }) => weight),
    [1e-9, 1e-9],
  )
  view.weigh(bench.endpoint('a'), 1)
  assert.equal(bench.endpoint('a').weight, 0.001)
})

for (const factor of [0, -1, 1.01, Number.NaN, Number.POSITIVE_INFINITY]) {
  test(`a factor of ${factor} is refused`, () => {
    const bench = new Bench('a')
    assert.throws(() => bench.view().weigh(bench.endpoint('a'), factor), RangeError)
    assert.equal(bench.endpoint('a').weight, 1)
  })
}

test('a strategy that throws in an update costs a log line, not the process', () => {
  const bench = new Bench('a', 'b')
  const error = new Error('cannot build')
  bench.strategy.update = () => {
    throw error
  }
  bench.view().hold(bench.endpoint('a'), 'x')
  bench.clock.advance(0)
  assert.deepEqual(bench.errors, [error])
  assert.equal(bench.pick(), 'b')
})
