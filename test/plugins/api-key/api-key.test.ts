import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { bind, CLOCK, IDENTITY } from 'sluice'
import { apiKey } from 'sluice/plugins'
import { fakeExchange, instantiate, VirtualClock } from 'sluice/testing'
import { waitFor } from '../../support/deadline.ts'

type Options = NonNullable<Parameters<typeof apiKey>[0]>

const digest = (key: string): string => `sha256:${hash('sha256', key)}`
const ADA = { subject: 'ada', hash: digest('k-ada'), claims: { plan: 'gold' } }

function ask(options: Options, headers: Record<string, string>, target = '/') {
  const exchange = fakeExchange({ headers, target })
  instantiate(apiKey(options)).request?.(exchange)
  return exchange
}

test('a known key is let in and does not go upstream', () => {
  const keys = [ADA, { subject: 'ada', hash: digest('k-new').toUpperCase().replace('SHA', 'sha') }]
  for (const key of ['k-ada', 'k-new']) {
    const exchange = ask({ keys, header: 'x-client' }, { 'X-Api-Key': key })
    assert.equal(exchange.refused, undefined)
    assert.deepEqual([...exchange.outgoing], [['x-client', 'ada']])
    assert.equal(exchange.flow.context.get(IDENTITY)?.by, 'api-key')
  }
  const first = ask({ keys, forward: true }, { 'x-api-key': 'k-ada' })
  assert.deepEqual([...first.outgoing], [['x-api-key', 'k-ada']])
  assert.deepEqual(first.flow.context.get(IDENTITY), {
    subject: 'ada',
    by: 'api-key',
    claims: { plan: 'gold' },
  })
})

test('no key and an unknown key are 401, several keys 400', () => {
  for (const key of [
    '',
    'k-ad',
    'k-ada ',
    'K-ADA',
    'k-bob',
    ADA.hash,
    'x'.repeat(2 ** 20),
    '\xff',
  ]) {
    const { refused, outgoing } = ask({ keys: [ADA], header: 'x-client' }, { 'x-api-key': key })
    assert.equal(refused?.status, 401)
    assert.deepEqual(refused?.headers, { 'www-authenticate': 'ApiKey' })
    assert.equal(outgoing.has('x-client'), false)
  }
  assert.equal(ask({ keys: [ADA] }, {}).refused?.status, 401)
  assert.equal(
    ask({ keys: [ADA] }, { 'x-api-key': 'k-ada', 'X-API-Key': 'x' }).refused?.status,
    400,
  )
  assert.equal(ask({ keys: [ADA], optional: true }, {}).refused, undefined)
  assert.equal(ask({ keys: [ADA], optional: true }, { 'x-api-key': 'x' }).refused?.status, 401)
})

test('a key stands in a header, behind Bearer, in a cookie or in the query', () => {
  const keys = [ADA]
  assert.equal(ask({ keys, from: 'bearer' }, { authorization: 'Bearer k-ada' }).refused, undefined)
  assert.equal(ask({ keys, from: { cookie: 'k' } }, { cookie: 'k=k-ada' }).refused, undefined)
  assert.equal(ask({ keys, from: { query: 'k' } }, {}, '/?k=k%2Dada').refused, undefined)
  const basic = ask({ keys, from: 'bearer' }, { authorization: 'Basic k-ada' })
  assert.deepEqual(basic.refused?.headers, { 'www-authenticate': 'Bearer' })
})

test('a thousand keys are told apart, and near misses are none of them', () => {
  const keys = Array.from({ length: 1_000 }, (_, i) => ({ subject: `${i}`, hash: digest(`k${i}`) }))
  const plugin = instantiate(apiKey({ keys }))
  for (let i = 0; i < 1_100; i++) {
    const exchange = fakeExchange({ headers: { 'x-api-key': `k${i}` } })
    plugin.request?.(exchange)
    assert.equal(exchange.flow.context.get(IDENTITY)?.subject, i < 1_000 ? `${i}` : undefined)
  }
})

test('a file of keys is read again when it changes, and one that is broken changes nothing', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-keys-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'keys')
  writeFileSync(file, `# ours\n\n${digest('one')} Ada Lovelace\n`)
  const clock = new VirtualClock()
  const plugin = instantiate(apiKey({ file }), [bind(CLOCK, clock)])
  t.after(() => plugin.dispose?.())
  await plugin.start?.()
  const subjectOf = (key: string): string | undefined => {
    const exchange = fakeExchange({ headers: { 'x-api-key': key } })
    plugin.request?.(exchange)
    return exchange.flow.context.get(IDENTITY)?.subject
  }
  assert.equal(subjectOf('one'), 'Ada Lovelace')
  writeFileSync(file, `${digest('two')} bob\n`)
  await waitFor(
    () => {
      clock.advance(250)
      return subjectOf('two') === 'bob'
    },
    () => 'the file is read again',
  )
  assert.equal(subjectOf('one'), undefined)
  writeFileSync(file, 'k-plain bob\n')
  for (let i = 0; i < 8; i++) {
    clock.advance(250)
    await new Promise(setImmediate)
  }
  assert.equal(subjectOf('two'), 'bob')
})

test('wrong keys and files are told at load, without any key', () => {
  const cases: readonly (readonly [Options, RegExp])[] = [
    [{}, /needs `keys`, a `file` of them, or both/],
    [{ keys: [{ subject: 'ada', hash: 'k-plain' }] }, /the SHA-256 of a key, not the key/],
    [{ keys: [ADA, { ...ADA, subject: 'bob' }] }, /one key stands for "ada" and for "bob"/],
    [{ keys: [ADA], header: 'connection' }, /the gateway's own/],
    [{ keys: [ADA], from: 'basic' as 'bearer' }, /from must be "bearer"/],
    [{ file: '/nowhere/keys' }, /\/nowhere\/keys: no such file/],
  ]
  for (const [options, message] of cases) {
    assert.throws(
      () => instantiate(apiKey(options)),
      (error: Error) => message.test(error.message) && !error.message.includes('k-plain'),
      String(message),
    )
  }
})
