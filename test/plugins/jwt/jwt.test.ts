import assert from 'node:assert/strict'
import { test } from 'node:test'
import { exportSPKI } from 'jose'
import { bind, CLOCK, defineGateway, IDENTITY } from 'sluice'
import { jwt, rateLimit, roundRobin } from 'sluice/plugins'
import { createTestGateway, fakeExchange, instantiate, VirtualClock } from 'sluice/testing'
import { guarded, signer } from './guarded-gateway.ts'

const es = await signer('one')

for (const alg of ['RS256', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA']) {
  test(`a token signed by ${alg} is let in, the key being a JWK or PEM`, async (t) => {
    const { jwk, publicKey, sign } = await signer('k', alg)
    for (const keys of [[jwk], [await exportSPKI(publicKey)]]) {
      const { ask, identities } = await guarded(t, { keys, headers: { 'x-user': 'sub' } })
      const answer = await ask(await sign({ role: 'x' }))
      assert.equal(answer.json()['x-user'], 'ada')
      assert.deepEqual(identities[0], {
        subject: 'ada',
        by: 'jwt',
        claims: { sub: 'ada', exp: 600, role: 'x' },
      })
    }
  })
}

test('no token is 401 without an error, a token that is not enough 403', async (t) => {
  const { refusal, status, identities } = await guarded(t, {
    keys: [es.jwk],
    realm: 'users',
    scopes: ['read', 'write'],
    claims: { 'realm_access.roles': 'staff', level: 3 },
  })
  const enough = { scope: 'write read', realm_access: { roles: ['x', 'staff'] }, level: 3 }
  const scope = 'scope="read write"'
  const insufficient = `Bearer realm="users", error="insufficient_scope", error_description="The token does not allow this request.", ${scope}`
  assert.deepEqual(await refusal(), [401, `Bearer realm="users", ${scope}`])
  assert.equal(await status(await es.sign(enough)), 200)
  assert.equal(
    await status(await es.sign({ ...enough, scope: undefined, scp: ['read', 'write'] })),
    200,
  )
  for (const claims of [
    { scope: 'read' },
    { scope: 'readwrite' },
    { scope: 7 },
    { scope: undefined },
    { level: '3' },
    { realm_access: { roles: ['stafff'] } },
    { realm_access: null },
  ]) {
    const token = await es.sign({ ...enough, ...claims })
    assert.deepEqual(await refusal(token), [403, insufficient], JSON.stringify(claims))
    assert.deepEqual(await refusal(token), [403, insufficient], 'and when it is remembered')
  }
  assert.equal(identities.at(-1)?.subject, 'ada', 'logs tell who was refused')
})

test('a known token is let in at once, without a promise, until it expires', async () => {
  const clock = new VirtualClock()
  const plugin = instantiate(jwt({ keys: [es.jwk], clockTolerance: 0 }), [bind(CLOCK, clock)])
  const headers = { authorization: `Bearer ${await es.sign({ exp: 10 })}` }
  const ask = () => {
    const exchange = fakeExchange({ headers })
    return { exchange, returned: plugin.request?.(exchange) }
  }
  const first = ask()
  assert.ok(first.returned instanceof Promise)
  await first.returned
  const second = ask()
  assert.equal(second.returned, undefined)
  assert.equal(second.exchange.refused, undefined)
  const identity = second.exchange.flow.context.get(IDENTITY)
  assert.equal(identity, first.exchange.flow.context.get(IDENTITY))
  clock.advance(9_999)
  assert.equal(ask().returned, undefined)
  clock.advance(1)
  const late = ask()
  await late.returned
  assert.equal(late.exchange.refused?.status, 401)
})

test('a flood of bad tokens pushes no good one out, and good ones are bounded', async () => {
  const plugin = instantiate(jwt({ keys: [es.jwk], remember: 4 }))
  const isKnown = async (token: string) => {
    const returned = plugin.request?.(
      fakeExchange({ headers: { authorization: `Bearer ${token}` } }),
    )
    await returned
    return returned === undefined
  }
  const good = await es.sign()
  assert.equal(await isKnown(good), false)
  const [header, payload] = good.split('.')
  for (let i = 0; i < 2_000; i++) {
    await isKnown(`${header}.${payload}.${Buffer.alloc(64, `${i}`).toString('base64url')}`)
  }
  assert.equal(await isKnown(good), true)
  for (let i = 0; i < 10; i++) await isKnown(await es.sign({ jti: String(i) }))
  assert.equal(await isKnown(good), false)
})

test('claims reach endpoints as headers that decode to what they were', async (t) => {
  const { ask } = await guarded(t, {
    keys: [es.jwk],
    headers: {
      ...{
        'x-user': 'sub',
        'x-name': 'name',
        'x-roles': 'roles',
        'x-org': 'org',
        'x-id': 'org.id',
      },
      ...{ 'x-admin': 'admin', 'x-url': 'https://id.test/claim', 'x-none': 'nothing' },
    },
  })
  const { headers, ...sent } = (
    await ask(
      await es.sign({
        sub: ' ada\r\nx-admin: yes',
        name: 'Zoë 100%',
        roles: ['a', 'b,c', 7],
        org: { id: 5 },
        admin: false,
        'https://id.test/claim': 'dotted',
        nothing: null,
      }),
    )
  ).json()
  assert.equal(headers, undefined)
  assert.equal(decodeURIComponent(sent['x-user']), ' ada\r\nx-admin: yes')
  assert.equal(sent['x-name'], 'Zo%C3%AB 100%25')
  assert.equal(sent['x-roles'], 'a,b%2Cc,7')
  assert.equal(sent['x-org'], '{"id":5}')
  assert.equal(sent['x-id'], '5')
  assert.equal(sent['x-admin'], 'false')
  assert.equal(sent['x-url'], 'dotted')
  assert.equal('x-none' in sent, false)
})

test('the token stands in a header or a cookie, and stays there or not', async (t) => {
  const token = await es.sign()
  const kept = await guarded(t, { keys: [es.jwk] })
  assert.equal((await kept.ask(token)).json().authorization, `Bearer ${token}`)
  const dropped = await guarded(t, {
    keys: [es.jwk],
    from: ['bearer', { cookie: 'session' }, { header: 'x-token' }],
    forward: false,
  })
  assert.equal('authorization' in (await dropped.ask(token)).json(), false)
  const cookie = `a=1; session=${token}; b=2`
  assert.equal((await dropped.ask(undefined, { cookie })).json().cookie, 'a=1; b=2')
  const alone = await dropped.ask(undefined, { cookie: `session=${token}` })
  assert.deepEqual([alone.statusCode, 'cookie' in alone.json()], [200, false])
  const header = await dropped.ask(undefined, { 'x-token': token, authorization: 'Basic YTpi' })
  assert.deepEqual([header.statusCode, header.json().authorization], [200, 'Basic YTpi'])
  assert.equal('x-token' in header.json(), false)
})

test('`optional` lets nobody pass as nobody, and no bad token', async (t) => {
  const { status, identities } = await guarded(t, { keys: [es.jwk], optional: true })
  assert.equal(await status(), 200)
  assert.equal(identities[0], undefined)
  assert.equal(await status('bad'), 401)
})

test('rateLimit counts by a claim of the token', async (t) => {
  const { inject, close } = await createTestGateway(
    defineGateway({
      http: { port: 0 },
      upstreams: { it: { endpoints: ['http://it.test'], balance: roundRobin() } },
      routes: [{ path: '/', to: 'it' }],
      plugins: [jwt({ keys: [es.jwk] }), rateLimit({ limit: 1, by: { claim: 'sub' } })],
    }),
    { endpoints: { 'http://it.test': () => ({}) } },
  )
  t.after(close)
  const statuses: number[] = []
  for (const sub of ['ada', 'bob', 'ada']) {
    const headers = { authorization: `Bearer ${await es.sign({ sub })}` }
    statuses.push((await inject({ url: '/', headers })).statusCode)
  }
  assert.deepEqual(statuses, [200, 200, 429])
})
