import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Recent } from '../../../core/system/recent.ts'

test('what is asked for stays, the rest is forgotten, and there are never more than the limit', () => {
  const recent = new Recent<number>(10)
  recent.set('kept', -1)
  for (let i = 0; i < 1_000; i++) {
    recent.set(`${i}`, i)
    assert.equal(recent.get('kept'), -1)
    assert.ok(recent.size <= 10, `${recent.size} entries`)
    assert.equal(recent.get(`${i}`), i)
  }
  assert.equal(recent.get('0'), undefined)
})

test('the last half of the limit is always there', () => {
  const recent = new Recent<number>(10)
  for (let i = 0; i < 100; i++) {
    recent.set(`${i}`, i)
    for (let last = Math.max(0, i - 4); last <= i; last++) assert.equal(recent.get(`${last}`), last)
  }
})

test('an entry is replaced, deleted, and all of them are', () => {
  const recent = new Recent<number>(4)
  recent.set('\u{1f511}', 1)
  recent.set('\u{1f511}', 2)
  assert.deepEqual([recent.size, recent.get('\u{1f511}')], [1, 2])
  recent.delete('\u{1f511}')
  assert.equal(recent.get('\u{1f511}'), undefined)
  recent.set('a', 1)
  recent.clear()
  assert.equal(recent.size, 0)
})
