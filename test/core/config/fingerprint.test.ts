import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fingerprint } from '../../../core/config/fingerprint.ts'

function differ(...values: unknown[]): void {
  const seen = new Map<string, number>()
  for (const [index, value] of values.entries()) {
    const text = fingerprint(value)
    assert.equal(seen.get(text), undefined, `${index} is like ${seen.get(text)}: ${text}`)
    seen.set(text, index)
  }
}

test('the order of keys does not matter, at any depth', () => {
  assert.equal(
    fingerprint({ a: 1, b: { c: [1, { d: 2, e: 3 }], f: 4 } }),
    fingerprint({ b: { f: 4, c: [1, { e: 3, d: 2 }] }, a: 1 }),
  )
})

test('the order of a list matters', () => {
  differ([1, 2], [2, 1])
})

test('functions and RegExps are equal by their source', () => {
  const make = () => (status: number) => status > 400
  assert.equal(fingerprint(make()), fingerprint(make()))
  assert.equal(fingerprint(/a/g), fingerprint(/a/g))
  differ(make(), (status: number) => status > 500, /a/, /a/g, /b/)
})

test('instances of classes are equal to themselves alone', () => {
  const store = new Map()
  assert.equal(fingerprint({ store }), fingerprint({ store }))
  differ(store, new Map(), new Set())
})

test('values of different kinds never look alike', () => {
  differ(1, '1', 1n, true, 'true', null, [], {}, [[]], [1], { 0: 1 }, '', 'a', { a: 1 })
})

test('a text that spells another value is not that value', () => {
  const callback = () => 1
  differ(callback, callback.toString(), { function: callback.toString() })
  differ(/a/, '/a/', { regexp: '/a/' })
  differ(new Date(0), 0, { date: 0 }, { object: [] }, {})
})

test('numbers that JSON cannot write, undefined and null all differ', () => {
  differ({ a: null }, { a: undefined }, { a: Number.NaN }, { a: Infinity }, { a: -Infinity })
})

test('objects without a prototype count as plain ones', () => {
  assert.equal(fingerprint(Object.assign(Object.create(null), { a: 1 })), fingerprint({ a: 1 }))
})
