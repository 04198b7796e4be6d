import assert from 'node:assert/strict'
import { stat } from 'node:fs'
import { mock, test } from 'node:test'
import { systemClock } from '../../../core/system/clock.ts'

const LONGEST_TIMER_MS = 2 ** 31 - 1
const DEADLINE_MS = 5_000

/** Resolves with the order in which the named delays ran, all of them set in one callback of I/O. */
function orderOf(delays: readonly number[]): Promise<number[]> {
  return new Promise((resolve, reject) => {
    const order: number[] = []
    const late = systemClock.after(DEADLINE_MS, () => reject(new Error(`only ${order} ran`)))
    const keepAlive = setInterval(() => {}, DEADLINE_MS)
    stat('.', () => {
      for (const delayMs of delays) {
        systemClock.after(delayMs, () => {
          order.push(delayMs)
          if (order.length < delays.length) return
          late()
          clearInterval(keepAlive)
          resolve(order)
        })
      }
    })
  })
}

test('delays of 0 run in the next turn, in their order and before any timer', async () => {
  const order = await orderOf([1, 0, 2, 0])
  assert.deepEqual(order.slice(0, 2), [0, 0])
})

test('a delay below 0 is one of 0', async () => {
  assert.deepEqual(await orderOf([1, -5]), [-5, 1])
})

test('nothing runs within the call that asks for it', () => {
  let ran = 0
  const cancels = [0, -1, 1].map((delayMs) => systemClock.after(delayMs, () => ran++))
  assert.equal(ran, 0)
  for (const cancel of cancels) cancel()
})

test('what was cancelled never runs, and cancelling again does nothing', async () => {
  let ran = 0
  const cancels = [0, 1].map((delayMs) => systemClock.after(delayMs, () => ran++))
  for (const cancel of [...cancels, ...cancels]) cancel()
  await orderOf([0, 3])
  assert.equal(ran, 0)
})

test('the monotonic clock never goes back, and the wall clock tells the time', () => {
  const before = systemClock.now()
  assert.ok(systemClock.now() >= before)
  assert.ok(Math.abs(systemClock.wall() - Date.now()) < 1_000)
})

test('a delay that is longer than node’s longest runs once, at its end', (context) => {
  context.after(() => mock.timers.reset())
  mock.timers.enable({ apis: ['setTimeout'] })
  let ran = 0
  systemClock.after(2 * LONGEST_TIMER_MS + 10, () => ran++)
  for (const ms of [LONGEST_TIMER_MS, LONGEST_TIMER_MS, 9]) mock.timers.tick(ms)
  assert.equal(ran, 0)
  mock.timers.tick(1)
  assert.equal(ran, 1)
  mock.timers.tick(LONGEST_TIMER_MS)
  assert.equal(ran, 1)
})

test('a delay that is longer than node’s longest can be cancelled at any step', (context) => {
  context.after(() => mock.timers.reset())
  mock.timers.enable({ apis: ['setTimeout'] })
  let ran = 0
  const cancel = systemClock.after(LONGEST_TIMER_MS + 10, () => ran++)
  mock.timers.tick(LONGEST_TIMER_MS)
  cancel()
  mock.timers.tick(LONGEST_TIMER_MS)
  assert.equal(ran, 0)
})
