import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { VirtualClock } from '../../../core/simulate/virtual-clock.ts'

const SEED = 20_260_104

test('time stands still until it is told to go on', () => {
  const clock = new VirtualClock(1_000)
  assert.deepEqual([clock.now(), clock.wall()], [0, 1_000])
  clock.advance(12.5)
  assert.deepEqual([clock.now(), clock.wall()], [12.5, 1_012.5])
})

test('timers run in order of time, then of making', () => {
  const clock = new VirtualClock()
  const order: string[] = []
  for (const [name, ms] of [
    ['c', 20],
    ['a', 10],
    ['d', 20],
    ['b', 10],
    ['e', 30],
  ] as const) {
    clock.after(ms, () => order.push(`${name}${clock.now()}`))
  }
  clock.advance(20)
  assert.deepEqual(order, ['a10', 'b10', 'c20', 'd20'])
  clock.advance(10)
  assert.deepEqual(order.at(-1), 'e30')
})

test('nothing runs within the call that asks for it, a delay of 0 included', () => {
  const clock = new VirtualClock()
  let ran = 0
  clock.after(0, () => ran++)
  clock.after(-5, () => ran++)
  assert.equal(ran, 0)
  clock.advance(0)
  assert.equal(ran, 2)
})

test('timers that timers set run on the way, when they are due', () => {
  const clock = new VirtualClock()
  const times: number[] = []
  const tick = (): void => {
    times.push(clock.now())
    clock.after(10, tick)
  }
  clock.after(10, tick)
  clock.advance(45)
  assert.deepEqual(times, [10, 20, 30, 40])
  assert.equal(clock.now(), 45)
})

test('a timer set for the same moment runs after those that wait for it already', () => {
  const clock = new VirtualClock()
  const order: string[] = []
  clock.after(5, () => {
    order.push('first')
    clock.after(0, () => order.push('third'))
  })
  clock.after(5, () => order.push('second'))
  clock.advance(5)
  assert.deepEqual(order, ['first', 'second', 'third'])
})

test('what was cancelled never runs, even by a timer of the same moment', () => {
  const clock = new VirtualClock()
  const ran: string[] = []
  clock.after(5, () => cancel())
  const cancel = clock.after(5, () => ran.push('cancelled'))
  const kept = clock.after(5, () => ran.push('kept'))
  clock.advance(10)
  kept()
  cancel()
  assert.deepEqual(ran, ['kept'])
})

test('a timer that throws leaves the others as they were', () => {
  const clock = new VirtualClock()
  let ran = 0
  clock.after(1, () => {
    throw new Error('a timer')
  })
  clock.after(2, () => ran++)
  assert.throws(() => clock.advance(5), /a timer/)
  assert.equal(clock.now(), 1)
  clock.advance(4)
  assert.equal(ran, 1)
})

test('advancing to a time stops after so many events, and goes on where it was', () => {
  const clock = new VirtualClock()
  const ran: number[] = []
  for (const ms of [1, 2, 3]) clock.after(ms, () => ran.push(ms))
  assert.equal(clock.advanceTo(10, 2), false)
  assert.deepEqual([ran, clock.now(), clock.waiting], [[1, 2], 2, 1])
  assert.equal(clock.advanceTo(10, 2), true)
  assert.deepEqual([ran, clock.now(), clock.ran], [[1, 2, 3], 10, 3])
})

test('time waits for what a promise does, event by event', async () => {
  const clock = new VirtualClock()
  const told: string[] = []
  const slept = new Promise<void>((resolve) => clock.after(5, resolve)).then(() => {
    told.push(`slept until ${clock.now()}`)
  })
  clock.after(6, () => told.push('six'))
  clock.watch(slept)
  while (!clock.advanceTo(10)) await new Promise(setImmediate)
  assert.deepEqual(told, ['slept until 5', 'six'])
})

test('what was cancelled takes no place', () => {
  const clock = new VirtualClock()
  const cancels = Array.from({ length: 1_000 }, () => clock.after(1e9, () => {}))
  for (const cancel of cancels) cancel()
  assert.equal(clock.waiting, 0)
})

test('whatever is set and cancelled, the order is that of a sorted list', () => {
  console.log(`seed ${SEED}`)
  const timer = fc.record({ ms: fc.nat({ max: 50 }), isCancelled: fc.boolean() })
  fc.assert(
    fc.property(fc.array(timer, { maxLength: 200, size: 'max' }), (timers) => {
      const clock = new VirtualClock()
      const ran: number[] = []
      const cancels = timers.map(({ ms }, index) => clock.after(ms, () => ran.push(index)))
      for (const [index, { isCancelled }] of timers.entries()) if (isCancelled) cancels[index]?.()
      for (let at = 0; at < 51; at++) clock.advance(1)
      const expected = timers
        .map(({ ms, isCancelled }, index) => ({ ms, isCancelled, index }))
        .filter(({ isCancelled }) => !isCancelled)
        .sort((a, b) => a.ms - b.ms || a.index - b.index)
        .map(({ index }) => index)
      assert.deepEqual(ran, expected)
    }),
    { seed: SEED, numRuns: 300 },
  )
})
