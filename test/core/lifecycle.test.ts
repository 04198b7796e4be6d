import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SeededRng, VirtualClock } from 'sluice/testing'
import { LiveLifecycle } from '../../core/lifecycle.ts'

const DRAWS = 2_000

function start() {
  const clock = new VirtualClock()
  return { clock, lifecycle: new LiveLifecycle(clock, new SeededRng(1)) }
}

test('a gateway starts, is ready once it listens, and drains while it is withdrawn', () => {
  const { lifecycle } = start()
  assert.equal(lifecycle.phase, 'starting')
  lifecycle.listens()
  assert.equal(lifecycle.phase, 'ready')
  const [first, second] = [lifecycle.withdraw(), lifecycle.withdraw()]
  first()
  first()
  assert.deepEqual([lifecycle.phase, lifecycle.isLeaving], ['draining', true])
  second()
  assert.deepEqual([lifecycle.phase, lifecycle.isLeaving], ['ready', false])
})

test('withdrawn at once, every answer ends its connection', () => {
  const { lifecycle } = start()
  lifecycle.withdraw()
  assert.equal(lifecycle.endsConnection(), true)
})

test('withdrawn over a time, more and more answers end their connections, then all', () => {
  const { clock, lifecycle } = start()
  lifecycle.withdraw(10_000)
  const share = () => {
    let ended = 0
    for (let i = 0; i < DRAWS; i++) if (lifecycle.endsConnection()) ended++
    return ended / DRAWS
  }
  assert.equal(share(), 0)
  clock.advance(2_500)
  assert.ok(Math.abs(share() - 0.25) < 0.05)
  clock.advance(5_000)
  assert.ok(Math.abs(share() - 0.75) < 0.05)
  clock.advance(2_500)
  assert.equal(share(), 1)
})

test('a gateway that has ended its accepting stays so when a withdrawal is taken back', () => {
  const { lifecycle } = start()
  lifecycle.listens()
  const cancel = lifecycle.withdraw(10_000)
  lifecycle.end()
  cancel()
  assert.deepEqual([lifecycle.isLeaving, lifecycle.endsConnection()], [true, true])
})
