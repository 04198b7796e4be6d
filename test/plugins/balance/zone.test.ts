import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mix32 } from '../../../core/system/hash.ts'
import { priority } from '../../../plugins/balance/priority.ts'
import { zone } from '../../../plugins/balance/zone.ts'
import { selecting } from '../../support/selecting.ts'

const FLOWS = 20_000
const near = (...ids: readonly string[]) => ids.map((id) => ({ id, zone: 'here' }))
const far = (...ids: readonly string[]) => ids.map((id) => ({ id, zone: 'there' }))

function shareOf(counts: ReadonlyMap<string, number>, ...ids: readonly string[]): number {
  return ids.reduce((sum, id) => sum + (counts.get(id) ?? 0), 0) / FLOWS
}

test('flows stay in the zone while enough of it is ready', () => {
  const bench = selecting(zone({ here: 'here' }), ...near('a', 'b', 'c', 'd'), ...far('e', 'f'))
  assert.equal(shareOf(bench.send(FLOWS), 'a', 'b', 'c', 'd'), 1)
  bench.hold('a', 'health')
  assert.equal(shareOf(bench.send(FLOWS), 'b', 'c', 'd'), 1)
})

test('as the zone fails, flows leave in proportion', () => {
  const bench = selecting(zone({ here: 'here' }), ...near('a', 'b'), ...far('c', 'd'))
  bench.hold('a', 'health')
  const counts = bench.send(FLOWS)
  assert.ok(Math.abs(shareOf(counts, 'b') - 0.7) < 0.012, `${shareOf(counts, 'b')}`)
  bench.hold('b', 'health')
  assert.equal(shareOf(bench.send(FLOWS), 'c', 'd'), 1)
})

test('with the other zones gone, all stay', () => {
  const bench = selecting(zone({ here: 'here' }), ...near('a', 'b'), ...far('c'))
  bench.hold('c', 'health')
  bench.hold('a', 'health')
  assert.equal(shareOf(bench.send(FLOWS), 'b'), 1)
})

test('a zone of too few is not preferred: all endpoints get flows by weight', () => {
  const bench = selecting(
    zone({ here: 'here', minEndpoints: 2 }),
    ...near('a'),
    ...far('b', 'c', 'd'),
  )
  const counts = bench.send(FLOWS)
  assert.ok(Math.abs(shareOf(counts, 'a') - 0.25) < 0.012, `${shareOf(counts, 'a')}`)
})

test('endpoints without a zone are elsewhere', () => {
  const bench = selecting(zone({ here: 'here' }), 'a', ...near('b'))
  assert.equal(shareOf(bench.send(FLOWS), 'b'), 1)
})

test('equal keys stay together', () => {
  const bench = selecting(zone({ here: 'here' }), ...near('a', 'b'), ...far('c'))
  bench.hold('a', 'health')
  for (let key = 0; key < 500; key++) {
    assert.equal(bench.send(5, () => Math.imul(key, 0x9e3779b1) >>> 0).size, 1)
  }
})

test('keys leave the zone of each level, and the zone that is near inside another, by their share', () => {
  const key = (n: number): number => mix32(n)
  const levels = [0, 1].flatMap((priority) =>
    [...near(`a${priority}`, `b${priority}`), ...far(`c${priority}`, `d${priority}`)].map(
      (one) => ({
        ...one,
        priority,
      }),
    ),
  )
  const level = selecting([priority(), zone({ here: 'here' })], ...levels)
  for (const id of ['a0', 'c0']) level.hold(id, 'health')
  const sent = level.send(FLOWS, key)
  assert.ok(Math.abs(shareOf(sent, 'b0') - 0.7 * 0.7) < 0.012, `${shareOf(sent, 'b0')}`)
  assert.ok(Math.abs(shareOf(sent, 'd0') - 0.7 * 0.3) < 0.012, `${shareOf(sent, 'd0')}`)

  const zones = selecting(
    [zone({ here: 'here' }), zone({ here: 'there' })],
    ...near('a', 'b'),
    ...far('c', 'd'),
    'e',
  )
  for (const id of ['a', 'c']) zones.hold(id, 'health')
  const left = zones.send(FLOWS, key)
  assert.ok(Math.abs(shareOf(left, 'd') - 0.3 * 0.7) < 0.012, `${shareOf(left, 'd')}`)
  assert.ok(Math.abs(shareOf(left, 'e') - 0.3 * 0.3) < 0.012, `${shareOf(left, 'e')}`)
})
