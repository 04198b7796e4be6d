import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SeededRng, VirtualClock } from 'sluice/testing'
import { type Timed, Wheel } from '../../../plugins/health-check/wheel.ts'

/** A clock that counts the timers it was asked for. */
class CountingClock extends VirtualClock {
  timers = 0

  override after(delayMs: number, run: () => void) {
    this.timers++
    return super.after(delayMs, run)
  }
}

function timed(clock: VirtualClock, run: (at: number) => void): Timed {
  return { tick: -1, due: () => run(clock.now()) }
}

test('each one is due at its time or up to 10 ms later, however far away that is', () => {
  const clock = new VirtualClock()
  const wheel = new Wheel(clock)
  const rng = new SeededRng(7)
  const late: number[] = []
  for (let i = 0; i < 500; i++) {
    clock.advance(rng.below(40))
    const at = clock.now() + rng.below(60_000)
    wheel.set(
      timed(clock, (now) => late.push(now - at)),
      at - clock.now(),
    )
  }
  clock.advance(100_000)
  assert.equal(late.length, 500)
  assert.ok(Math.min(...late) >= 0 && Math.max(...late) <= 10, `${Math.max(...late)}`)
})

test('one that is set again or removed is not due at its earlier time', () => {
  const clock = new VirtualClock()
  const wheel = new Wheel(clock)
  const due: string[] = []
  const a = timed(clock, (now) => due.push(`a ${now}`))
  const b = timed(clock, (now) => due.push(`b ${now}`))
  wheel.set(a, 100)
  wheel.set(a, 300)
  wheel.set(b, 200)
  wheel.remove(b)
  wheel.remove(b)
  clock.advance(10_000)
  assert.deepEqual(due, ['a 300'])
})

test('what is due may set itself and others anew, none at once', () => {
  const clock = new VirtualClock()
  const wheel = new Wheel(clock)
  const due: number[] = []
  const again = timed(clock, (now) => {
    due.push(now)
    if (due.length < 4) wheel.set(again, due.length === 2 ? 512 * 10 : 0)
  })
  wheel.set(again, 0)
  clock.advance(10_000)
  assert.deepEqual(due, [10, 20, 5_140, 5_150])
})

test('a thousand that are due together take one timer, and an empty wheel none', () => {
  const clock = new CountingClock()
  const wheel = new Wheel(clock)
  let due = 0
  const all = Array.from({ length: 1_000 }, () => timed(clock, () => due++))
  for (const one of all) wheel.set(one, 500)
  assert.equal(clock.timers, 1)
  clock.advance(1_000)
  assert.equal(due, 1_000)
  clock.advance(60_000)
  assert.equal(clock.timers, 1)
})

test('after a standstill everything that was due comes at once', () => {
  let now = 0
  let run = (): void => {}
  const clock = {
    now: () => now,
    wall: () => now,
    after: (_ms: number, next: () => void) => {
      run = next
      return () => {}
    },
  }
  const wheel = new Wheel(clock)
  const due: number[] = []
  for (let i = 0; i < 10; i++) wheel.set({ tick: -1, due: () => due.push(i) }, i * 1_000)
  now = 60_000
  run()
  assert.deepEqual(
    [...due].sort((a, b) => a - b),
    Array.from({ length: 10 }, (_, i) => i),
  )
})
