import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cookieValue } from '../../../core/http/cookies.ts'

const cases: readonly (readonly [line: string, name: string, value: string | undefined])[] = [
  ['', 'a', undefined],
  ['a=1', 'a', '1'],
  ['a=', 'a', ''],
  ['a', 'a', undefined],
  ['a=1; b=2', 'b', '2'],
  ['a=1;b=2', 'b', '2'],
  ['a=1;\t b=2 ;c=3', 'b', '2'],
  ['a=1; a=2', 'a', '1'],
  ['aa=1; a=2', 'a', '2'],
  ['b=a=1; a=2', 'a', '2'],
  ['A=1', 'a', undefined],
  ['a=1=2', 'a', '1=2'],
  ['a="1"', 'a', '"1"'],
  ['a=%31', 'a', '%31'],
  ['a =1', 'a', undefined],
  ['a= 1', 'a', undefined],
  ['a=1 2', 'a', undefined],
  ['a="1; a=2', 'a', '2'],
  ['a=1,2', 'a', undefined],
  ['a=1\\2', 'a', undefined],
  ['a=caf\xe9', 'a', undefined],
  ['b="x; a=1"; a=2', 'a', '2'],
  [';;; a=1', 'a', '1'],
]
for (const [line, name, value] of cases) {
  test(`the cookie ${name} of ${JSON.stringify(line)} is ${JSON.stringify(value)}`, () => {
    assert.equal(cookieValue(line, name), value)
  })
}
