import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cookieValue, withoutCookie } from '../../../core/http/cookies.ts'

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

const lines: readonly (readonly [line: string, left: string])[] = [
  ['s=1', ''],
  ['s=1; b=2', 'b=2'],
  ['a=1; s=2', 'a=1'],
  ['a=1; s=2; b=3', 'a=1; b=3'],
  ['a=1;s=2;b=3', 'a=1;b=3'],
  ['s=1; s=2; a=3; s=4', 'a=3'],
  ['a=1; s =2; b=3', 'a=1; b=3'],
  ['a=1;\ts="2"; b=3', 'a=1;\tb=3'],
  ['a=1; s=', 'a=1'],
  ['a=1; s; b', 'a=1; s; b'],
  ['a=1; ss=2; xs=3; S=4', 'a=1; ss=2; xs=3; S=4'],
  ['a="s=1"; b=s=2', 'a="s=1"; b=s=2'],
  ['a=caf\xe9 ,\\ ; s=1; b=(odd) ', 'a=caf\xe9 ,\\ ; b=(odd) '],
  [';;s=1;;', ';;;'],
  ['', ''],
]
for (const [line, left] of lines) {
  test(`without the cookie s ${JSON.stringify(line)} is ${JSON.stringify(left)}`, () => {
    assert.equal(withoutCookie(line, 's'), left)
  })
}
