import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Flow, Plugin } from 'sluice'
import { VirtualClock } from 'sluice/testing'
import { Brake, brakesOf } from '../../core/brake.ts'
import { Chain } from '../../core/chain.ts'

const FLOW = {} as Flow

function brake(...waits: ((bytes: number) => number)[]) {
  const clock = new VirtualClock()
  const errors: unknown[] = []
  const log = { debug() {}, info() {}, warn() {}, error: (line: unknown) => errors.push(line) }
  const plugins = waits.map((wait): Plugin => ({ pace: (_flow, _way, bytes) => wait(bytes) }))
  const { pace } = new Chain(plugins)
  const made = new Brake(pace, [], FLOW, 'down', { clock, log })
  let went = 0
  made.goOn = () => {
    went++
  }
  return { brake: made, clock, errors, went: () => went }
}

test('what plugins do not slow down goes on, and waits for its taker alone', () => {
  const { brake: one, went } = brake(() => 0)
  assert.equal(one.passed(10, false), true)
  assert.equal(one.passed(10, true), false)
  assert.equal(one.drained(), true)
  assert.equal(went(), 0)
})

test('bytes are held for as long as the longest wait says, then read on once', () => {
  const {
    brake: one,
    clock,
    went,
  } = brake(
    () => 5,
    (bytes) => bytes,
  )
  assert.equal(one.passed(40, false), false)
  clock.advance(39)
  assert.deepEqual([one.isHolding, went()], [true, 0])
  clock.advance(1)
  assert.deepEqual([one.isHolding, went()], [false, 1])
  clock.advance(1_000)
  assert.equal(went(), 1)
})

test('neither the taker nor the time alone lets go of what both hold', () => {
  const { brake: one, clock, went } = brake((bytes) => bytes)
  one.passed(40, true)
  assert.equal(one.drained(), false)
  clock.advance(40)
  assert.equal(went(), 1)
  one.passed(40, true)
  clock.advance(40)
  assert.equal(went(), 1, 'its taker is still full')
  assert.equal(one.drained(), true)
})

test('a flow that is over waits for nothing, and a plugin that throws slows nothing down', () => {
  const {
    brake: one,
    clock,
    went,
    errors,
  } = brake(
    () => {
      throw new Error('broken')
    },
    (bytes) => bytes,
  )
  assert.equal(one.passed(40, false), false)
  assert.equal(errors.length, 1)
  one.end()
  clock.advance(100)
  assert.equal(went(), 0)
})

test('there are no brakes where no plugin has any', () => {
  const surroundings = { clock: new VirtualClock(), log: console }
  const plain = new Chain([{ request() {} }])
  const paced = new Chain([{ pace: () => 1 }])
  assert.equal(brakesOf(plain, plain, FLOW, surroundings), undefined)
  assert.ok(brakesOf(plain, paced, FLOW, surroundings))
})
