import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { queryValue } from '../../../core/http/query-string.ts'

const SEED = 20_260_310
const RUNS = 3_000

const cases: readonly (readonly [target: string, name: string, value: string | undefined])[] = [
  ['/', 'a', undefined],
  ['/?', 'a', undefined],
  ['/?a', 'a', ''],
  ['/?a=', 'a', ''],
  ['/?a=1', 'a', '1'],
  ['/?a=1=2', 'a', '1=2'],
  ['/?a=1&a=2', 'a', '1'],
  ['/?b=a&a=2', 'a', '2'],
  ['/?&&a=1&', 'a', '1'],
  ['/?ab=1', 'a', undefined],
  ['/?a=1', 'ab', undefined],
  ['/?A=1', 'a', undefined],
  ['/?a=x?y', 'a', 'x?y'],
  ['/?a=1;b=2', 'b', undefined],
  ['/?a=one+two', 'a', 'one two'],
  ['/?a=one%20two%2B', 'a', 'one two+'],
  ['/?%61%5B%5d=1', 'a[]', '1'],
  ['/?a+b=1', 'a b', '1'],
  ['/?a=caf%C3%A9', 'a', 'café'],
  ['/?caf%C3%A9=1', 'café', '1'],
  ['/?a=%', 'a', '%'],
  ['/?a=%4', 'a', '%4'],
  ['/?a=%zz', 'a', '%zz'],
  ['/?%zz=1', '%zz', '1'],
  ['/?a=%FF', 'a', '\ufffd'],
  ['/?a=%26b%3D1', 'b', undefined],
  ['/?a&b&c=1&d&e=2', 'c', '1'],
  ['/?a&b&c=1&d&e=2', 'e', '2'],
  ['/?a&b&c=1&d&e=2', 'd', ''],
  ['/=?b', 'b', ''],
]
for (const [target, name, value] of cases) {
  test(`the parameter ${name} of ${target} is ${JSON.stringify(value)}`, () => {
    assert.equal(queryValue(target, name), value)
  })
}

test('a value is what the URL standard reads from the same query', () => {
  console.log(`seed ${SEED}, ${RUNS} runs`)
  const piece = fc.constantFrom('a', 'b', '=', '&', '+', '%', '%6', '%61', '%3D', '%26', '%C3%A9')
  const query = fc.array(piece, { maxLength: 12 }).map((parts) => parts.join(''))
  fc.assert(
    fc.property(query, fc.constantFrom('a', 'b', 'ab', 'é', '%', 'a b'), (text, name) => {
      const expected = new URLSearchParams(text).get(name) ?? undefined
      assert.equal(queryValue(`/?${text}`, name), expected)
    }),
    { seed: SEED, numRuns: RUNS },
  )
})
