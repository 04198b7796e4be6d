import assert from 'node:assert/strict'
import { createServer, type RequestListener } from 'node:http'
import { test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { jwt } from 'sluice/plugins'
import type { FakeAnswer } from 'sluice/testing'
import { startEndpoint } from '../../support/endpoint-server.ts'
import { listening } from '../../support/listening.ts'
import { startGatewayTo } from '../../support/start-gateway.ts'
import { guarded, JWKS, signer } from './guarded-gateway.ts'

const one = await signer('one')
const two = await signer('two')

function keySet(...keys: object[]): FakeAnswer {
  return { body: JSON.stringify({ keys }) }
}

/** Moves time, and lets what is due then come to its end. */
async function pass(clock: { advance(ms: number): void }, ms: number): Promise<void> {
  clock.advance(ms)
  for (let i = 0; i < 5; i++) await nextTurn()
}

test('the key set is fetched once for any number of tokens, and again when its time has come', async (t) => {
  const { status, fetched, clock } = await guarded(t, { jwks: JWKS }, () => keySet(one.jwk))
  for (let i = 0; i < 20; i++) assert.equal(await status(await one.sign({ jti: `${i}` })), 200)
  assert.equal(fetched(), 1)
  await pass(clock, 660_000)
  assert.equal(fetched(), 2)
})

test('an unknown key id has it fetched once, and a flood of them not more often than the cool-down says', async (t) => {
  let keys = [one.jwk]
  const { status, fetched, clock } = await guarded(t, { jwks: JWKS }, () => keySet(...keys))
  const flood = async (name: string) => {
    const tokens = await Promise.all(
      Array.from({ length: 300 }, (_, i) => one.sign({}, { kid: `${name}-${i}` })),
    )
    return new Set(await Promise.all(tokens.map(status)))
  }
  assert.deepEqual(await flood('a'), new Set([401]))
  assert.equal(fetched(), 1, 'the fetch at the start was a moment ago')
  await pass(clock, 30_000)
  assert.deepEqual(await flood('b'), new Set([401]))
  assert.deepEqual(await flood('c'), new Set([401]))
  assert.equal(fetched(), 2, '600 unknown ids, one fetch')
  keys = [one.jwk, two.jwk]
  assert.equal(await status(await two.sign()), 401, 'within the cool-down')
  await pass(clock, 30_000)
  assert.equal(await status(await two.sign()), 200, 'after it, at the first token')
  assert.equal(fetched(), 3)
})

test('what a key vouched for ends with the key', async (t) => {
  let keys = [one.jwk, two.jwk]
  const { status, clock } = await guarded(t, { jwks: JWKS, refresh: '1m' }, () => keySet(...keys))
  const tokens = [await one.sign(), await two.sign()] as const
  assert.deepEqual([await status(tokens[0]), await status(tokens[1])], [200, 200])
  keys = [two.jwk]
  await pass(clock, 66_000)
  assert.deepEqual([await status(tokens[0]), await status(tokens[1])], [401, 200])
})

test('the last keys stay while the key set is away, empty, huge or nonsense', async (t) => {
  let answer: () => FakeAnswer = () => keySet(one.jwk)
  const { status, fetched, clock, logged } = await guarded(t, { jwks: JWKS, refresh: '1m' }, () =>
    answer(),
  )
  assert.equal(await status(await one.sign()), 200)
  const nonsense: readonly (() => FakeAnswer)[] = [
    () => ({ status: 500 }),
    () => ({ status: 302, headers: { location: 'http://evil.test' } }),
    () => ({ body: '' }),
    () => ({ body: '<html>' }),
    () => ({ body: 'null' }),
    () => ({ body: '{"keys":{}}' }),
    () => keySet(),
    () => keySet({ kty: 'oct', k: 'AAAA', kid: 'one' }),
    () => keySet({ kty: 'RSA' }, null as unknown as object, 'x' as unknown as object),
    () => keySet(...new Array(101).fill(one.jwk)),
    () => {
      throw new Error('reset')
    },
  ]
  for (const [i, next] of nonsense.entries()) {
    answer = next
    const before = fetched()
    await pass(clock, 66_000)
    assert.ok(fetched() > before)
    assert.equal(await status(await one.sign({ jti: `${i}`, exp: 9_999 })), 200)
    assert.equal(await status(await two.sign({ exp: 9_999 })), 503, 'it may be there meanwhile')
  }
  assert.equal(
    logged.filter(({ level }) => level === 'warn').length,
    2,
    'no audience, and one of it',
  )
  answer = () => keySet(two.jwk)
  await pass(clock, 66_000)
  assert.equal(await status(await two.sign({ exp: 9_999 })), 200)
  assert.equal(logged.at(-1)?.message, 'the key set is there again')
})

test('a key set that is away at the start gives 503, and is asked for again ever more rarely', async (t) => {
  let answer: FakeAnswer = { status: 503 }
  const { ask, status, fetched, clock } = await guarded(t, { jwks: JWKS }, () => answer)
  const away = await ask(await one.sign())
  assert.deepEqual([away.statusCode, away.headers['retry-after']], [503, '1'])
  await pass(clock, 1_200)
  assert.equal(fetched(), 2)
  await pass(clock, 60_000)
  const asked = fetched()
  assert.ok(asked <= 6, `${asked} fetches in a minute`)
  answer = keySet(one.jwk)
  await pass(clock, 33_000)
  assert.equal(await status(await one.sign()), 200)
})

test('private parts and other kinds of keys in a key set are left alone', async (t) => {
  const set = [
    { ...one.jwk, d: 'AAAA', k: 'AAAA' },
    { ...two.jwk, use: 'enc' },
  ]
  const { status } = await guarded(t, { jwks: JWKS }, () => keySet(...set))
  assert.equal(await status(await one.sign()), 200)
  assert.equal(await status(await two.sign()), 401)
})

test('a token without a key id is checked by the keys of its kind', async (t) => {
  const { status } = await guarded(t, { jwks: JWKS }, () => keySet(one.jwk, two.jwk))
  assert.equal(await status(await two.sign({}, { kid: undefined })), 200)
  const mallory = await signer('three')
  assert.equal(await status(await mallory.sign({}, { kid: undefined })), 401)
})

/** A key set over real HTTP. */
async function served(t: Parameters<typeof startEndpoint>[0], answer: RequestListener) {
  const server = createServer(answer)
  return `${await listening(t, server)}/jwks.json`
}

test('over the network: a key set that is huge or never ends does not hold requests up for long', async (t) => {
  const users = await startEndpoint(t)
  const huge = await served(t, (_, res) => {
    res.write('{"keys":["')
    const more = (): void => {
      while (res.writable && res.write('x'.repeat(65_536)));
      res.once('drain', more)
    }
    more()
  })
  const silent = await served(t, (_, res) => {
    res.write('{')
  })
  const right = await served(t, (_, res) => {
    res.end(JSON.stringify({ keys: [one.jwk] }))
  })
  const token = await one.sign({ exp: 9_999_999_999 })
  const statuses: number[] = []
  for (const jwks of [huge, silent, right]) {
    const { port } = await startGatewayTo(t, [users.url], {
      plugins: [jwt({ jwks, timeout: '200ms' })],
    })
    const answer = await fetch(`http://127.0.0.1:${port}/`, {
      headers: { authorization: `Bearer ${token}` },
    })
    await answer.text()
    statuses.push(answer.status)
  }
  assert.deepEqual(statuses, [503, 503, 200])
})
