import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nearest, remedy } from '../../../core/config/suggest.ts'

const keys = ['balance', 'endpoints', 'failure', 'host', 'plugins', 'timeouts', 'tls']

test('the nearest name is the one with the fewest edits', () => {
  assert.equal(nearest('balanse', keys), 'balance')
  assert.equal(nearest('endpoint', keys), 'endpoints')
  assert.equal(nearest('hots', keys), 'host')
  assert.equal(nearest('plugin', keys), 'plugins')
})

test('the case of letters does not make a name far', () => {
  assert.equal(nearest('TLS', keys), 'tls')
  assert.equal(nearest('timeOuts', keys), 'timeouts')
})

test('a name that is like none has no nearest', () => {
  assert.equal(nearest('retries', ['tls', 'host']), undefined)
  assert.equal(nearest('', keys), undefined)
  assert.equal(nearest('x', ['a', 'b']), undefined)
  assert.equal(nearest('anything', []), undefined)
})

test('a name that must be rewritten whole is not suggested', () => {
  assert.equal(nearest('ab', ['cd']), undefined)
})

test('a remedy suggests the nearest name, or lists what is allowed in order', () => {
  assert.equal(remedy('balanse', keys), 'did you mean "balance"?')
  assert.equal(remedy('zzzzzz', ['b', 'a']), 'allowed: a, b')
  assert.equal(remedy('anything', []), 'none is allowed')
})
