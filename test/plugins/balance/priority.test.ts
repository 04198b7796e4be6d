import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SelectorUse } from '../../../core/contracts/uses.ts'
import { levelsOf } from '../../../plugins/balance/levels.ts'
import { priority } from '../../../plugins/balance/priority.ts'
import { stands } from '../../conformance/strategy-bench.ts'
import { type SelectorBench, selecting } from '../../support/selecting.ts'

/** The percents of levels of 100 endpoints each, so many of them ready. */
function loads(panic: number, ...ready: readonly number[]): number[] {
  return levels(panic, ...ready).map(({ load }) => load)
}

function levels(panic: number, ...ready: readonly number[]) {
  const all = ready.flatMap((count, priority) =>
    stands(100, priority * 100).map((stand, n) => ({
      ...stand,
      priority,
      holds: n < count ? 0 : 2,
    })),
  )
  return levelsOf(
    all.filter(({ holds }) => holds === 0),
    all,
    { overprovisioning: 1.4, panic },
  )
}

// reference: Envoy's documentation, "Priority levels"; `priority-table`.
const TABLE: readonly (readonly [ready: readonly number[], loads: readonly number[]])[] = [
  [
    [100, 100],
    [100, 0],
  ],
  [
    [72, 100],
    [100, 0],
  ],
  [
    [71, 100],
    [99, 1],
  ],
  [
    [50, 100],
    [70, 30],
  ],
  [
    [25, 100],
    [35, 65],
  ],
  [
    [0, 100],
    [0, 100],
  ],
  [
    [50, 50],
    [70, 30],
  ],
  [
    [25, 25],
    [50, 50],
  ],
  [
    [25, 25, 100],
    [35, 35, 30],
  ],
  // In whole percents 98 are shared out; what rounding leaves goes to the first level.
  [
    [25, 25, 20],
    [37, 35, 28],
  ],
]
for (const [ready, expected] of TABLE) {
  test(`with ${ready.join(', ')} % ready the levels get ${expected.join(', ')} %`, () => {
    assert.deepEqual(loads(0, ...ready), expected)
  })
}

test('a level is in a panic when too few are ready and the levels together are short', () => {
  const panics = (...ready: number[]) => levels(0.5, ...ready).map(({ inPanic }) => inPanic)
  assert.deepEqual(panics(49), [true])
  assert.deepEqual(panics(50), [false])
  assert.deepEqual(panics(10, 100), [false, false], 'the next level has enough')
  assert.deepEqual(panics(10, 20), [true, true])
  assert.deepEqual(panics(0, 60), [true, false])
})

test('when every level is in a panic, flows go by the number of endpoints', () => {
  assert.deepEqual(loads(0.5, 0, 0), [50, 50])
  assert.deepEqual(loads(0.5, 49, 10), [50, 50])
})

test('the shares of flows are those of the levels, by chance and by key', () => {
  for (const key of [() => -1, (n: number) => Math.imul(n, 0x9e3779b1) >>> 0]) {
    const bench = selecting(
      priority(),
      'a',
      'b',
      { id: 'c', priority: 1 },
      { id: 'd', priority: 1 },
    )
    bench.hold('a', 'health')
    const counts = bench.send(20_000, key)
    // Half of the first level is ready: 70 %.
    const share = (counts.get('b') ?? 0) / 20_000
    assert.ok(Math.abs(share - 0.7) < 0.012, `${share}`)
    assert.equal(counts.get('a'), undefined)
  }
})

test('equal keys stay on one level', () => {
  const bench = selecting(priority(), 'a', 'b', { id: 'c', priority: 1 })
  bench.hold('a', 'health')
  for (let key = 0; key < 500; key++) {
    assert.equal(bench.send(5, () => Math.imul(key, 0x9e3779b1) >>> 0).size, 1)
  }
})

test('a panic lets in what health and ejection hold, and nothing else', () => {
  const bench = selecting(priority(), 'a', 'b', 'c', 'd', 'e')
  for (const [id, reason] of [
    ['a', 'health'],
    ['b', 'ejection'],
    ['c', 'drain'],
    ['d', 'unreachable'],
  ] as const) {
    bench.hold(id, reason)
  }
  assert.deepEqual([...bench.send(3_000).keys()].sort(), ['a', 'b', 'e'])
})

test('a panic and its end are told once each', () => {
  const bench = selecting(priority(), 'a', 'b', 'c')
  const holds = ['a', 'b'].map((id) => bench.hold(id, 'health'))
  bench.hold('a', 'ejection')
  assert.deepEqual(bench.warnings, [
    [
      'panic: too few endpoints are ready, so held ones are used',
      { upstream: 'users', priority: 0, endpoints: 3, used: 3 },
    ],
  ])
  for (const hold of holds) hold.release()
  bench.clock.advance(0)
  assert.deepEqual(bench.warnings.slice(1), [
    [
      'the panic is over: no held endpoint is used any more',
      { upstream: 'users', priority: 0, endpoints: 3, used: 2 },
    ],
  ])
})

test('a panic that lets nobody in is not told, however few are ready', () => {
  const bench = selecting(priority(), 'a', 'b', 'c')
  const drains = ['a', 'b'].map((id) => bench.hold(id, 'drain'))
  assert.deepEqual(bench.warnings, [])
  bench.hold('a', 'health')
  assert.deepEqual(bench.warnings, [])
  drains[0]?.release()
  bench.clock.advance(0)
  const begun = 'panic: too few endpoints are ready, so held ones are used'
  assert.deepEqual(bench.warnings, [
    [begun, { upstream: 'users', priority: 0, endpoints: 3, used: 2 }],
  ])
  bench.hold('a', 'unreachable')
  assert.deepEqual(bench.warnings.slice(1), [
    [
      'the panic is over: no held endpoint is used any more',
      { upstream: 'users', priority: 0, endpoints: 3, used: 1 },
    ],
  ])
})

test('panic: 0 never lets anything in', () => {
  const bench = selecting(priority({ panic: 0 }), 'a', 'b')
  for (const id of ['a', 'b']) bench.hold(id, 'health')
  assert.equal(bench.send(10).size, 0)
})

test('a level that is used up by retries falls over to the next', () => {
  const bench = selecting(priority(), 'a', { id: 'b', priority: 1 })
  const flow = bench.flow()
  const tried = new Set([bench.endpoint('a')])
  flow.avoid = tried as never
  assert.equal(bench.upstream.acquire(flow)?.id, 'b')
})

test('a retry takes the next level, not any, and one that is left of its own before it', () => {
  const levels = [0, 1, 2].map((priority) => ({ id: `${priority}`, priority }))
  const single = selecting(priority(), ...levels)
  const pair = selecting(priority(), { id: 'other' }, ...levels)
  for (let n = 0; n < 200; n++) {
    const avoiding = (bench: SelectorBench) =>
      bench.pick((flow) => {
        flow.avoid = new Set([bench.endpoint('0')])
      })
    assert.equal(avoiding(single), '1')
    assert.equal(avoiding(pair), 'other')
  }
})

test('an endpoint of another priority is another endpoint, which starts anew', () => {
  const bench = selecting(priority(), 'a', 'b')
  const before = bench.endpoint('a')
  bench.configure({ id: 'a', priority: 1 }, 'b')
  assert.notEqual(bench.endpoint('a'), before)
  assert.deepEqual([...bench.send(100).keys()], ['b'])
})

const uses: SelectorUse[] = [priority(), priority({ overprovisioning: 2, panic: 1 })]
test('nothing but an empty upstream gives nothing', () => {
  for (const use of uses) assert.equal(selecting(use).send(3).size, 0)
})
