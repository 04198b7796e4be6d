import assert from 'node:assert/strict'
import { test } from 'node:test'
import { VirtualClock } from 'sluice/testing'
import { HeapPressure, levelOf } from '../../../core/http/heap-pressure.ts'

const LIMITS = { heap: 0.95, stop: 0.98 }

function watch() {
  const clock = new VirtualClock()
  const told: boolean[] = []
  const logged: string[] = []
  const heap = { share: 0.5 }
  const line = (fields: object | string, message?: string) => {
    logged.push(message ?? String(fields))
  }
  const log = { debug: line, info: line, warn: line, error: line }
  const pressure = new HeapPressure(
    { clock, log },
    () => heap.share,
    (isFull) => told.push(isFull),
  )
  pressure.configure(LIMITS)
  const at = (share: number): void => {
    heap.share = share
    clock.advance(1_000)
  }
  return { clock, told, logged, heap, pressure, at }
}

test('levels begin at their limits and end 5 points below', () => {
  assert.equal(levelOf(0.949, LIMITS, 0), 0)
  assert.equal(levelOf(0.95, LIMITS, 0), 1)
  assert.equal(levelOf(0.98, LIMITS, 0), 2)
  assert.equal(levelOf(0.94, LIMITS, 2), 2)
  assert.equal(levelOf(0.925, LIMITS, 2), 1)
  assert.equal(levelOf(0.901, LIMITS, 1), 1)
  assert.equal(levelOf(0.899, LIMITS, 1), 0)
})

test('the heap is looked at once a second and each change is told once', () => {
  const { told, logged, at } = watch()
  for (const share of [0.6, 0.96, 0.94, 0.99, 0.97, 0.96, 0.92, 0.92, 0.5]) at(share)
  assert.deepEqual(told, [true, false])
  assert.deepEqual(logged, [
    'the heap is nearly full: requests are refused',
    'the heap is nearly full: connections are refused',
    'the heap is nearly full: requests are refused',
    'the heap has room again: nothing is shed',
  ])
})

test('a heap that is full now is noticed within a second', () => {
  const { clock, told, heap } = watch()
  clock.advance(500)
  heap.share = 0.99
  clock.advance(499)
  assert.deepEqual(told, [])
  clock.advance(1)
  assert.deepEqual(told, [true])
})

test('requests are admitted as they are below the limits, and refused beyond', () => {
  const { pressure, at } = watch()
  const res = { shouldKeepAlive: true }
  assert.equal(pressure.admit('NO_ROUTE', res), 'NO_ROUTE')
  assert.equal(res.shouldKeepAlive, true)
  at(0.96)
  assert.equal(pressure.admit({} as never, res), 'OVERLOADED')
  assert.equal(res.shouldKeepAlive, false)
})

test('limits of a reload are in force at once, and only one timer runs', () => {
  const { told, heap, pressure, clock } = watch()
  heap.share = 0.9
  pressure.configure({ heap: 0.7, stop: 0.8 })
  assert.deepEqual(told, [true])
  pressure.configure(LIMITS)
  pressure.stop()
  heap.share = 1
  clock.advance(10_000)
  assert.deepEqual(told, [true, false])
})
