import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WaitingLine } from '../../../core/stream/waiting-line.ts'

function waiting(line: WaitingLine, count: number): { free: number; served: number[] } {
  const state = { free: 0, served: [] as number[] }
  for (let i = 0; i < count; i++) {
    line.join({
      waitsFor: state,
      proceed() {
        if (state.free === 0) return false
        state.free--
        state.served.push(i)
        return true
      },
    })
  }
  return state
}

test('places go to those who came first, and the others wait on in order', () => {
  const line = new WaitingLine(10)
  const state = waiting(line, 4)
  state.free = 2
  line.move()
  assert.deepEqual(state.served, [0, 1])
  assert.equal(line.length, 2)
  state.free = 9
  line.move()
  assert.deepEqual(state.served, [0, 1, 2, 3])
  assert.equal(line.length, 0)
})

test('a line takes so many and no more', () => {
  const line = new WaitingLine(2)
  waiting(line, 5)
  assert.equal(line.length, 2)
})

test('whoever leaves is not served', () => {
  const line = new WaitingLine(2)
  const gone = { waitsFor: line, proceed: () => assert.fail('it left') }
  line.join(gone)
  line.leave(gone)
  line.move()
  assert.equal(line.length, 0)
})

test('whoever waits for one thing does not keep those from their places who wait for another', () => {
  const line = new WaitingLine(10)
  const full = waiting(line, 2)
  const other = waiting(line, 2)
  other.free = 1
  line.move()
  assert.deepEqual([full.served, other.served], [[], [0]])
  assert.equal(line.length, 3)
})

test('one that is in the line already keeps its place, however full the line is', () => {
  const line = new WaitingLine(1)
  const one = { waitsFor: line, proceed: () => !line.join(one) }
  assert.equal(line.join(one), true)
  line.move()
  assert.equal(line.length, 1)
})

test('a long line of those who give up is no deep stack', () => {
  const line = new WaitingLine(50_000)
  for (let i = 0; i < 50_000; i++) {
    line.join({
      waitsFor: line,
      proceed() {
        line.move()
        return true
      },
    })
  }
  line.move()
  assert.equal(line.length, 0)
})
