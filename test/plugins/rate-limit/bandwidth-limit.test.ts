import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bind, CLOCK, type Flow } from 'sluice'
import { bandwidthLimit } from 'sluice/plugins'
import { fakeExchange, instantiate, SeededRng, VirtualClock } from 'sluice/testing'
import { Buckets } from '../../../plugins/rate-limit/buckets.ts'

const SEED = Number(process.env.SEED ?? 1)

type Options = NonNullable<Parameters<typeof bandwidthLimit>[0]>

function limiting(options: Options) {
  const clock = new VirtualClock()
  const plugin = instantiate(bandwidthLimit(options), [bind(CLOCK, clock)])
  return {
    clock,
    plugin,
    /** A flow that was let in; tells how long its bytes have to wait. */
    flow(address: string, port = 1): (way: 'up' | 'down', bytes: number) => number {
      const exchange = fakeExchange({ client: { address, port } })
      plugin.request?.(exchange)
      return (way, bytes) => plugin.pace?.(exchange.flow, way, bytes) ?? Number.NaN
    },
  }
}

test('bytes take as long as their rate says, exactly, whatever the pieces', () => {
  const { clock, flow } = limiting({ down: 10_000 })
  const rng = new SeededRng(SEED)
  const pace = flow('192.0.2.1')
  const began = clock.now()
  let bytes = 0
  for (let i = 0; i < 2_000; i++) {
    const piece = 1 + rng.below(65_536)
    bytes += piece
    clock.advance(pace('down', piece))
  }
  const ideal = (bytes / 10_000) * 1_000
  assert.ok(Math.abs(clock.now() - began - ideal) < 1, `seed ${SEED}`)
})

test('each direction has its rate, and one without goes as fast as it can', () => {
  const { flow } = limiting({ up: 1_000, down: 4_000 })
  const pace = flow('192.0.2.1')
  assert.deepEqual([pace('up', 500), pace('down', 500), pace('up', 500)], [500, 125, 1_000])
  const free = limiting({ up: 1_000 }).flow('192.0.2.1')
  assert.equal(free('down', 1_000_000), 0)
})

test('a burst goes at once, and is there again after a pause', () => {
  const { clock, flow } = limiting({ down: 1_000, burst: 3_000 })
  const pace = flow('192.0.2.1')
  assert.deepEqual([pace('down', 3_000), pace('down', 500)], [0, 500])
  clock.advance(1_500)
  assert.deepEqual([pace('down', 1_000), pace('down', 100)], [0, 100])
  clock.advance(100_000)
  assert.deepEqual([pace('down', 3_000), pace('down', 500)], [0, 500])
})

test('exchanges of one connection share its rate, or all of a client do', () => {
  const each = limiting({ down: 1_000 })
  each.flow('192.0.2.1', 1)('down', 1_000)
  assert.equal(each.flow('192.0.2.1', 1)('down', 1_000), 2_000)
  assert.equal(each.flow('192.0.2.1', 2)('down', 1_000), 1_000)
  const all = limiting({ down: 1_000, by: 'ip' })
  all.flow('2001:db8::1', 1)('down', 1_000)
  assert.equal(all.flow('2001:db8::2', 2)('down', 1_000), 2_000)
  assert.equal(all.flow('2001:db8:0:1::2', 2)('down', 1_000), 1_000)
})

test('at layer 4 connections, or addresses, share a rate', () => {
  const { plugin } = limiting({ down: 1_000, by: 'ip' })
  const comes = (address: string, port: number): Flow => {
    const { flow } = fakeExchange()
    assert.equal(plugin.stream?.(flow, { address, port }), true)
    return flow
  }
  plugin.pace?.(comes('192.0.2.1', 1), 'down', 1_000)
  assert.equal(plugin.pace?.(comes('192.0.2.1', 2), 'down', 1_000), 2_000)
})

test('keys without debt are not kept', () => {
  const clock = new VirtualClock()
  const buckets = new Buckets(clock)
  for (let i = 0; i < 10_000; i++) {
    buckets.took(`k${i}`, 'down', 100, 1_000, 0)
    clock.advance(1)
  }
  assert.ok(buckets.size < 200, `${buckets.size} kept`)
  buckets.took('long', 'down', 1_000_000, 1_000, 0)
  for (let i = 0; i < 1_000; i++) buckets.took(`l${i}`, 'down', 1, 1_000, 0)
  assert.ok(buckets.took('long', 'down', 0, 1_000, 0) > 999_000, 'a debt is not forgotten')
})

test('a limit of nothing is told at load', () => {
  assert.throws(() => instantiate(bandwidthLimit()), /needs `up`, `down` or both/)
  assert.throws(() => instantiate(bandwidthLimit({ up: 1, by: [] })), /at least one key/)
})
