import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SeededRng } from 'sluice/testing'
import { Breaker } from '../../../core/redis/breaker.ts'

test('five failures in a row open it, and an answer in between begins the count anew', () => {
  const breaker = new Breaker(new SeededRng(1))
  for (let i = 0; i < 4; i++) assert.equal(breaker.failed(), false)
  breaker.succeeded()
  for (let i = 0; i < 4; i++) assert.equal(breaker.failed(), false)

  assert.equal(breaker.failed(), true)
  assert.equal(breaker.isOpen, true)
  assert.equal(breaker.failed(), false, 'it opens once')
})

test('pauses double from 100 ms to 5 s, each between half and all of that', () => {
  const breaker = new Breaker(new SeededRng(2))
  const longest = [100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000]
  for (const most of longest) {
    const pause = breaker.pauseMs()
    assert.ok(pause >= most / 2 && pause <= most, `${pause} of ${most}`)
  }
  breaker.succeeded()
  assert.ok(breaker.pauseMs() <= 100)
})
