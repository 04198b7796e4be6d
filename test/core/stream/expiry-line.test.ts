import assert from 'node:assert/strict'
import { test } from 'node:test'
import { VirtualClock } from '../../../core/simulate/virtual-clock.ts'
import { ExpiryLine } from '../../../core/stream/expiry-line.ts'

/** Members that write down when they were over. */
function line() {
  const clock = new VirtualClock()
  const over: string[] = []
  const one = (name: string) => ({
    expiresAt: 0,
    expire: () => over.push(`${name} ${clock.now()}`),
  })
  return { clock, over, one, line: new ExpiryLine(clock, 100) }
}

test('each is over after the same time, first come, first due', () => {
  const { clock, over, one, line: waiting } = line()
  waiting.join(one('a'))
  clock.advance(30)
  waiting.join(one('b'))
  clock.advance(1_000)
  assert.deepEqual(over, ['a 100', 'b 130'])
})

test('who leaves is never over, and who joins again is later', () => {
  const { clock, over, one, line: waiting } = line()
  const [a, b, c] = [one('a'), one('b'), one('c')]
  for (const each of [a, b, c]) waiting.join(each)
  clock.advance(50)
  waiting.leave(a)
  waiting.join(b)
  clock.advance(60)
  assert.deepEqual(over, ['c 100'])
  clock.advance(1_000)
  assert.deepEqual(over, ['c 100', 'b 150'])
})

test('one may join again, or make another leave, while it is over', () => {
  const { clock, over, one, line: waiting } = line()
  const b = one('b')
  let times = 0
  const a = {
    expiresAt: 0,
    expire() {
      over.push(`a ${clock.now()}`)
      waiting.leave(b)
      if (times++ === 0) waiting.join(a)
    },
  }
  waiting.join(a)
  waiting.join(b)
  clock.advance(1_000)
  assert.deepEqual(over, ['a 100', 'a 200'])
})
