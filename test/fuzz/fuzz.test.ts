import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fuzz } from './fuzz.ts'

test('500 mutated requests and answers are refused, or read alike by two readers', async (t) => {
  const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 32))
  t.diagnostic(`SEED=${seed}`)
  assert.equal(await fuzz(t, { seed, mutations: 500, lanes: 25 }), undefined)
})
