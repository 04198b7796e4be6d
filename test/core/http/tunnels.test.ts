import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SeededRng, VirtualClock } from 'sluice/testing'
import type { Lasting } from '../../../core/http/lasting.ts'
import { Tunnels } from '../../../core/http/tunnels.ts'

const SECOND = 1_000
const HOUR = 3_600_000

/** A tunnel that writes down when it was told and cut. */
function scripted(clock: VirtualClock, { isWebSocket = true, idleTimeoutMs = HOUR } = {}) {
  const seen = {
    bytesUp: 0,
    bytesDown: 0,
    isEnding: false,
    idleTimeoutMs,
    seenBytes: -1,
    quietSince: 0,
    endpoint: undefined,
    toldAt: [] as number[],
    cutAt: [] as number[],
    tell(): boolean {
      if (isWebSocket) seen.toldAt.push(clock.now())
      return isWebSocket
    },
    cut(): void {
      seen.cutAt.push(clock.now())
    },
  }
  return { seen, tunnel: seen as unknown as Lasting }
}

function start(count: number, seed = 1) {
  const clock = new VirtualClock()
  const tunnels = new Tunnels(clock, new SeededRng(seed))
  const all = Array.from({ length: count }, () => scripted(clock))
  for (const { tunnel } of all) tunnels.add(tunnel)
  return { clock, tunnels, all }
}

test('tunnels are told one by one, each in a slot of its own', () => {
  const { clock, tunnels, all } = start(100)
  const dismissal = tunnels.dismiss(() => true, 10 * SECOND)
  clock.advance(10 * SECOND)
  assert.equal(dismissal.told, 100)
  const times = all.flatMap(({ seen }) => seen.toldAt).sort((a, b) => a - b)
  assert.equal(times.length, 100)
  for (const [slot, at] of times.entries()) {
    const first = slot * 100
    assert(slot === 0 ? at === 0 : at >= first && at <= first + 100, `slot ${slot}: ${at}`)
  }
})

test('the moment within a slot is drawn, so that no beat is left for clients to fall into', () => {
  const { clock, tunnels, all } = start(100)
  tunnels.dismiss(() => true, 10 * SECOND)
  clock.advance(10 * SECOND)
  const offsets = all.map(({ seen }) => (seen.toldAt[0] ?? 0) % 100)
  assert(new Set(offsets.map((offset) => Math.floor(offset / 10))).size === 10, String(offsets))
})

test('the order is drawn: the same seed, the same order', () => {
  const orderOf = (seed: number) => {
    const { clock, tunnels, all } = start(50, seed)
    tunnels.dismiss(() => true, 10 * SECOND)
    clock.advance(10 * SECOND)
    return all.map(({ seen }) => seen.toldAt[0])
  }
  assert.deepEqual(orderOf(1), orderOf(1))
  assert.notDeepEqual(orderOf(1), orderOf(2))
  assert.notDeepEqual(
    orderOf(1),
    orderOf(1).toSorted((a = 0, b = 0) => a - b),
  )
})

test('a few tunnels are told at four a second, however long there is', () => {
  const { clock, tunnels } = start(4)
  const dismissal = tunnels.dismiss(() => true, HOUR)
  assert.equal(dismissal.told, 1)
  clock.advance(SECOND)
  assert.equal(dismissal.told, 4)
})

test('only the tunnels that are meant are told, and cut', () => {
  const { clock, tunnels, all } = start(6)
  const meant = new Set(all.slice(0, 2).map(({ tunnel }) => tunnel))
  tunnels.dismiss((tunnel) => meant.has(tunnel), SECOND)
  clock.advance(SECOND)
  assert.deepEqual(
    all.map(({ seen }) => seen.toldAt.length),
    [1, 1, 0, 0, 0, 0],
  )
  assert.equal(
    tunnels.cut((tunnel) => meant.has(tunnel)),
    2,
  )
  assert.deepEqual(
    all.map(({ seen }) => seen.cutAt.length),
    [1, 1, 0, 0, 0, 0],
  )
})

test('a tunnel that opens meanwhile is told at once, unless the dismissal was cancelled', () => {
  const { clock, tunnels } = start(0)
  const dismissal = tunnels.dismiss(() => true, 10 * SECOND)
  clock.advance(5)
  const late = scripted(clock)
  tunnels.add(late.tunnel)
  assert.deepEqual(late.seen.toldAt, [5])
  dismissal.cancel()
  const later = scripted(clock)
  tunnels.add(later.tunnel)
  assert.deepEqual(later.seen.toldAt, [])
})

test('what is no WebSocket counts as not told', () => {
  const { clock, tunnels } = start(0)
  tunnels.add(scripted(clock, { isWebSocket: false }).tunnel)
  const dismissal = tunnels.dismiss(() => true, SECOND)
  clock.advance(SECOND)
  assert.equal(dismissal.told, 0)
})

test('a tunnel that is silent both ways for its timeout is cut, and one that is not lives', () => {
  const { clock, all } = start(2)
  const [silent, lively] = all
  assert(silent && lively)
  for (let minute = 0; minute < 61; minute++) {
    if (minute % 2 === 0) lively.seen.bytesUp++
    else lively.seen.bytesDown++
    clock.advance(60 * SECOND)
  }
  assert.equal(silent.seen.cutAt[0], HOUR + SECOND)
  assert.deepEqual(lively.seen.cutAt, [])
})

test('a timeout of 0 is none, and half-closed tunnels have a minute all the same', () => {
  const clock = new VirtualClock()
  const tunnels = new Tunnels(clock, new SeededRng(1))
  const patient = scripted(clock, { idleTimeoutMs: 0 })
  const ending = scripted(clock, { idleTimeoutMs: 0 })
  ending.seen.isEnding = true
  tunnels.add(patient.tunnel)
  tunnels.add(ending.tunnel)
  clock.advance(59 * SECOND)
  assert.deepEqual(ending.seen.cutAt, [])
  clock.advance(2 * SECOND)
  assert.equal(ending.seen.cutAt[0], 61 * SECOND)
  clock.advance(24 * HOUR)
  assert.deepEqual(patient.seen.cutAt, [])
})

test('what cannot be asked is cut in turn over the last fifth of the time, each in a slot of its own', () => {
  const { clock, tunnels, all } = start(50)
  for (const { seen } of all) Object.assign(seen, { isCutInTurn: true, tell: () => false })
  const dismissal = tunnels.dismiss(() => true, 8 * SECOND, 10 * SECOND)
  clock.advance(8 * SECOND - 1)
  assert.equal(dismissal.cut, 0)
  clock.advance(2 * SECOND + 1)
  assert.equal(dismissal.cut, 50)
  const times = all.flatMap(({ seen }) => seen.cutAt).sort((a, b) => a - b)
  for (const [slot, at] of times.entries()) {
    const first = 8 * SECOND + slot * 40
    assert(at >= first && at <= first + 40, `slot ${slot}: ${at}`)
  }
})

test('a drain that is called off cuts nobody in turn', () => {
  const { clock, tunnels, all } = start(2)
  for (const { seen } of all) Object.assign(seen, { isCutInTurn: true })
  tunnels.dismiss(() => true, SECOND, 10 * SECOND).cancel()
  clock.advance(20 * SECOND)
  assert.deepEqual(
    all.flatMap(({ seen }) => seen.cutAt),
    [],
  )
})
