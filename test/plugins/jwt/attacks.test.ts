import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { exportSPKI, generateKeyPair, type JWTPayload, SignJWT } from 'jose'
import { jwt } from 'sluice/plugins'
import { fakeExchange, instantiate } from 'sluice/testing'
import { loadJose } from '../../../plugins/jwt/jose.ts'
import { guarded, JWKS, signer } from './guarded-gateway.ts'

const es = await signer('one')
const ISSUER = 'https://id.test'

function part(value: unknown): string {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString(
    'base64url',
  )
}

function described(why: string): [number, string] {
  return [401, `Bearer error="invalid_token", error_description="${why}"`]
}

test('alg none is refused in every spelling, with and without a signature', async (t) => {
  const { refusal } = await guarded(t, { keys: [es.jwk] })
  for (const alg of ['none', 'None', 'NONE', 'nOnE']) {
    for (const signature of ['', part('x')]) {
      const token = `${part({ alg })}.${part({ sub: 'admin', exp: 600 })}.${signature}`
      assert.deepEqual(
        await refusal(token),
        described('The algorithm of the token is not accepted.'),
      )
    }
  }
})

test('a token signed by HMAC with a public key as its secret is refused (key confusion)', async (t) => {
  for (const alg of ['RS256', 'ES256', 'EdDSA']) {
    const { jwk, publicKey } = await signer('one', alg)
    const pem = await exportSPKI(publicKey)
    for (const keys of [[jwk], [pem]]) {
      const { refusal } = await guarded(t, { keys })
      const body = `${part({ alg: 'HS256', kid: 'one' })}.${part({ sub: 'admin', exp: 600 })}`
      for (const secret of [pem, pem.trim(), JSON.stringify(jwk), String(jwk.x ?? jwk.n)]) {
        const signature = createHmac('sha256', secret).update(body).digest('base64url')
        const answer = await refusal(`${body}.${signature}`)
        assert.deepEqual(answer, described('The algorithm of the token is not accepted.'))
      }
    }
  }
})

test('a key is used for the algorithms of its kind alone', async (t) => {
  const rsa = await signer('rsa', 'RS256')
  const { status } = await guarded(t, { keys: [rsa.jwk, es.jwk] })
  assert.equal(await status(await rsa.sign()), 200)
  assert.equal(await status(await rsa.sign({}, { kid: 'one' })), 401)
  assert.equal(await status(await es.sign({}, { kid: 'rsa' })), 401)
  const narrow = await guarded(t, { keys: [rsa.jwk, es.jwk], algorithms: ['ES256'] })
  assert.equal(await narrow.status(await es.sign()), 200)
  assert.equal(await narrow.status(await rsa.sign()), 401)
})

test('keys and addresses that a token brings along are not looked at, and its kid is only compared', async (t) => {
  const mallory = await signer('one')
  const { status, fetched } = await guarded(t, { keys: [es.jwk] })
  for (const header of [
    { jwk: mallory.jwk },
    { jku: JWKS },
    { x5u: JWKS },
    { x5c: ['AAAA'] },
    { kid: '../../dev/null' },
    { kid: "' OR 1=1 --" },
    { kid: '__proto__' },
    { kid: 'constructor' },
    { kid: 'x'.repeat(10_000) },
    { kid: { toString: 'one' } },
    { kid: ['one'] },
    { crit: ['exp'], exp: 1 },
    { crit: ['b64'], b64: false },
  ]) {
    const claims = part({ sub: 'admin', exp: 600 })
    const token = await mallory.sign({ sub: 'admin' })
    const forged = `${part({ alg: 'ES256', kid: 'one', ...header })}.${claims}.${token.split('.')[2]}`
    assert.equal(await status(forged), 401, JSON.stringify(header).slice(0, 80))
  }
  assert.equal(fetched(), 0)
})

test('who changes a byte of a token, or signs with another key, is refused', async (t) => {
  const { refusal, status } = await guarded(t, { keys: [es.jwk], headers: { 'x-user': 'sub' } })
  const token = await es.sign()
  const [header, , signature] = token.split('.')
  const changed = `${header}.${part({ sub: 'admin', exp: 600 })}.${signature}`
  const wrong = described('The signature of the token is wrong.')
  assert.deepEqual(await refusal(changed), wrong)
  assert.deepEqual(await refusal(changed), wrong, 'and again, when it is remembered')
  const mallory = await signer('one')
  assert.deepEqual(await refusal(await mallory.sign()), wrong)
  assert.equal(await status(token), 200)
})

test('a token that is out of time, from or for another is refused, and says which', async (t) => {
  const options = { keys: [es.jwk], issuer: ISSUER, audience: ['api', 'web'], type: 'at+jwt' }
  const { refusal, status, clock } = await guarded(t, options)
  clock.advance(100_000)
  const good = { iss: ISSUER, aud: 'api' }
  const typ = { typ: 'at+jwt' }
  const cases: readonly (readonly [object, string, object?])[] = [
    [{ exp: 69 }, 'The token has expired.'],
    [{ nbf: 131 }, 'The token is not valid yet.'],
    [{ iss: 'https://id.test.evil.test' }, 'The token is from another issuer.'],
    [{ iss: [ISSUER] }, 'The token is from another issuer.'],
    [{ iss: undefined }, 'The token lacks a claim.'],
    [{ aud: 'apis' }, 'The token is for another audience.'],
    [{ aud: [] }, 'The token is for another audience.'],
    [{ aud: undefined }, 'The token lacks a claim.'],
    [{ exp: undefined }, 'The token lacks a claim.'],
    [{ sub: undefined }, 'The token names nobody.'],
    [{ sub: '' }, 'The token names nobody.'],
    [{ sub: { name: 'ada' } }, 'The token names nobody.'],
    [{}, 'The token is of another type.', { typ: 'JWT' }],
    [{}, 'The token is of another type.', { typ: undefined }],
  ]
  for (const [claims, why, header] of cases) {
    const token = await es.sign({ ...good, ...claims }, { ...typ, ...header })
    assert.deepEqual(await refusal(token), described(why), JSON.stringify(claims))
  }
  for (const claims of [{}, { exp: 71 }, { nbf: 129 }, { aud: ['x', 'web'] }, { sub: 7 }]) {
    const token = await es.sign({ ...good, ...claims } as JWTPayload, typ)
    assert.equal(await status(token), 200, JSON.stringify(claims))
  }
})

test('what is no token is refused whatever it is, and 1 MiB of it at once', async (t) => {
  const { status, ask, fetched } = await guarded(t, { jwks: JWKS }, () => ({
    body: JSON.stringify({ keys: [es.jwk] }),
  }))
  const [header, payload, signature] = (await es.sign()).split('.')
  for (const token of [
    ...['.', '..', '...', 'a', 'a.b.c', `${header}.${payload}`, `${header}..${signature}`],
    ...[`${header}.${payload}.${signature}.x`, `${header}.${payload}.${signature}=`],
    ...[`${part('null')}.${payload}.${signature}`, `${part('{"alg":')}.${payload}.${signature}`],
    ...[`${part('[]')}.${payload}.`, `${part({ alg: 'ES256', kid: 1 })}.${payload}.x`],
    `${part({ alg: ['ES256'] })}.${payload}.x`,
    'x'.repeat(2 ** 20),
    `${header}.${'A'.repeat(2 ** 20)}.${signature}`,
    `${part({ alg: 'ES256', kid: 'one', x: 'y'.repeat(2 ** 20) })}.${payload}.${signature}`,
  ]) {
    assert.equal(await status(token), 401, token.slice(0, 60))
  }
  assert.equal(fetched(), 1, 'only the fetch at the start')
  for (const authorization of ['Bearer', 'Bearer ', 'Basic YTpi', 'bearer-x', '']) {
    const answer = await ask(undefined, { authorization })
    assert.equal(answer.statusCode, 401)
    assert.equal(answer.headers['www-authenticate'], 'Bearer')
  }
})

test('several Authorization headers are refused: who reads the first is not who reads the last', async () => {
  const plugin = instantiate(jwt({ keys: [es.jwk] }))
  const token = await es.sign()
  await plugin.request?.(fakeExchange({ headers: { authorization: `Bearer ${token}` } }))
  const exchange = fakeExchange({
    headers: { authorization: `Bearer ${token}`, Authorization: 'Bearer other' },
  })
  await plugin.request?.(exchange)
  assert.equal(exchange.refused?.status, 400)
  assert.match(String(exchange.refused?.headers['www-authenticate']), /error="invalid_request"/)
})

test('no client sets a header of identity in any spelling, one that is vouched for included', async (t) => {
  const { ask } = await guarded(t, {
    keys: [es.jwk],
    headers: { 'X-User': 'sub', 'x-roles': 'roles', 'x-forwarded-email': 'email' },
    optional: true,
  })
  const forged = {
    ...{ 'x-user': 'admin', x_roles: 'admin', X_ROLES: 'admin', 'X.Roles': 'admin' },
    ...{ x_user: 'admin', 'x-forwarded-email': 'admin', X_Forwarded_Email: 'admin' },
  }
  assert.equal((await ask(undefined, forged)).body.includes('admin'), false)
  const known = await ask(await es.sign(), forged)
  assert.equal(known.body.includes('admin'), false)
  assert.equal(known.json()['x-user'], 'ada')
})

test('wrong options and a missing package are told at load, without any secret', async () => {
  const short = 'x'.repeat(31)
  const { privateKey } = await generateKeyPair('ES256', { extractable: true })
  const { exportPKCS8 } = await import('jose')
  const small = await generateKeyPair('RS256', { modulusLength: 2048 })
  const pem = await exportSPKI(small.publicKey)
  const cases: readonly (readonly [Parameters<typeof jwt>[0], RegExp])[] = [
    [{}, /needs one of `jwks`, `keys` and `secrets`/],
    [{ keys: [pem], secrets: ['x'.repeat(32)] }, /takes one of/],
    [{ secrets: [short] }, /secrets\[0\] has 31 bytes; HS256 takes 32 or more \(RFC 7518, 3.2\)/],
    [{ secrets: ['x'.repeat(63)], algorithms: ['HS512'] }, /HS512 takes 64 or more/],
    [{ secrets: ['x'.repeat(32)], algorithms: ['RS256'] }, /"RS256" takes public keys/],
    [{ keys: [pem], algorithms: ['HS256'] }, /"HS256" takes secrets/],
    [{ jwks: JWKS, algorithms: ['HS256'] }, /"HS256" takes secrets/],
    [{ jwks: JWKS, algorithms: ['none' as 'RS256'] }, /algorithms\/0|algorithms/],
    [{ jwks: 'file:///etc/passwd' }, /must be a URL such as/],
    [{ keys: [await exportPKCS8(privateKey)] }, /private key: give the public one/],
    [{ keys: [{ ...es.jwk, d: 'AAAA' }] }, /private key: give the public one/],
    [{ keys: [{ kty: 'oct', k: 'AAAA' }] }, /a JWK that is a secret/],
    [{ keys: ['-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----'] }, /no public key/],
    [{ keys: [{ kty: 'EC', crv: 'P-256', x: 'a', y: 'b' }] }, /is broken/],
    [
      { keys: [{ kty: 'RSA', n: Buffer.alloc(128, 255).toString('base64url'), e: 'AQAB' }] },
      /1024 bits/,
    ],
    [{ keys: [pem], headers: { 'content-length': 'sub' } }, /the gateway's own/],
    [{ keys: [pem], headers: { 'x y': 'sub' } }, /no header name/],
    [{ keys: [pem], from: { query: 'token' } as never }, /from must be "bearer"/],
  ]
  for (const [options, message] of cases) {
    assert.throws(
      () => instantiate(jwt(options)),
      (error: Error) => message.test(error.message) && !error.message.includes(short),
      String(message),
    )
  }
  assert.throws(() => loadJose(createRequire(join(tmpdir(), 'nowhere.js'))), {
    message: 'jwt takes the package "jose": run npm install jose',
  })
})

test('a secret that is being replaced counts beside the new one', async (t) => {
  const secrets = ['n'.repeat(32), 'o'.repeat(32)]
  const { status } = await guarded(t, { secrets })
  const signed = (secret: string) =>
    new SignJWT({ sub: 'ada', exp: 600 })
      .setProtectedHeader({ alg: 'HS256' })
      .sign(Buffer.from(secret))
  for (const secret of secrets) assert.equal(await status(await signed(secret)), 200)
  assert.equal(await status(await signed('m'.repeat(32))), 401)
})
