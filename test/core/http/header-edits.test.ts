import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AnswerHeaders } from '../../../core/http/answer-headers.ts'
import { HeaderEdits } from '../../../core/http/header-edits.ts'

test('a header that is set replaces every line of its name, in any spelling', () => {
  const edits = new HeaderEdits()
  edits.set('X-User', 'ann')
  const headers = ['x-user', 'eve', 'accept', '*/*', 'X-USER', 'mallory']
  edits.applyTo(headers)
  assert.deepEqual(headers, ['accept', '*/*', 'X-User', 'ann'])
})

test('a header that is set or removed covers what servers read as the same name', () => {
  const edits = new HeaderEdits()
  edits.set('X-User-2', 'ann')
  edits.remove('x-internal')
  edits.remove('x_own')
  const came = ['X_User_2', 'eve', 'x.user-2', 'eve', 'x~internal', '1', 'X_INTERNAL', '1']
  const others = [
    'x-own',
    '1',
    'xaUser-2',
    '1',
    'x-user-3',
    '1',
    'x0internal',
    '1',
    'yMinternal',
    '',
  ]
  const headers = [...came, 'X_Own', '1', ...others]
  edits.applyTo(headers)
  assert.deepEqual(headers, [...others, 'X-User-2', 'ann'])
})

test('a header that is removed leaves no line', () => {
  const edits = new HeaderEdits()
  edits.remove('Cookie')
  const headers = ['cookie', 'a=1', 'accept', '*/*', 'COOKIE', 'b=2']
  edits.applyTo(headers)
  assert.deepEqual(headers, ['accept', '*/*'])
})

test('the last word on a name counts', () => {
  const edits = new HeaderEdits()
  edits.set('x-user', 'ann')
  edits.remove('X-User')
  edits.set('X-USER', 'bob')
  edits.remove('accept')
  const headers = ['accept', '*/*']
  edits.applyTo(headers)
  assert.deepEqual(headers, ['X-USER', 'bob'])
})

test('lines that are added stand beside what came and what was set', () => {
  const edits = new HeaderEdits()
  edits.add('set-cookie', 'a=1')
  edits.add('set-cookie', 'b=2')
  const headers = ['set-cookie', 'c=3']
  edits.applyTo(headers)
  assert.deepEqual(headers, ['set-cookie', 'c=3', 'set-cookie', 'a=1', 'set-cookie', 'b=2'])
  edits.set('set-cookie', 'd=4')
  const replaced = ['set-cookie', 'c=3']
  edits.applyTo(replaced)
  assert.equal(replaced.includes('c=3'), false)
})

test('edits can be laid over several messages, such as one an attempt', () => {
  const edits = new HeaderEdits()
  edits.set('x-user', 'ann')
  for (let attempt = 0; attempt < 3; attempt++) {
    const headers = ['x-user', 'eve']
    edits.applyTo(headers)
    assert.deepEqual(headers, ['x-user', 'ann'])
  }
})

test('a name that objects inherit is a header like any other', () => {
  const edits = new HeaderEdits()
  assert.equal(edits.covers('constructor'), false)
  edits.set('__proto__', 'x')
  assert.equal(edits.covers('__PROTO__'), true)
})

const wrong: readonly (readonly [string, string])[] = [
  ['x\r\ny', 'a'],
  ['', 'a'],
  ['x y', 'a'],
  ['x:', 'a'],
  ['x', 'a\r\nset-cookie: evil=1'],
  ['x', 'a\nb'],
  ['x', 'a\0'],
  ['x', undefined as never],
]
for (const [name, value] of wrong) {
  test(`${JSON.stringify([name, value])} cannot be put into a message`, () => {
    const edits = new HeaderEdits()
    const answer = new AnswerHeaders(200, [])
    assert.throws(() => edits.set(name, value), TypeError)
    assert.throws(() => edits.add(name, value), TypeError)
    assert.throws(() => answer.addHeader(name, value), TypeError)
    assert.throws(() => answer.setHeader(name, value), TypeError)
    assert.deepEqual(answer.rawHeaders, [])
  })
}
