import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import type { GatewayConfig } from 'sluice'
import { createTestGateway } from 'sluice/testing'
import forwardAuth from '../../docs/examples/forward-auth.config.ts'
import { ROOT } from './source.ts'

/** What an example prints, run as a reader would. */
function printed(program: string, file: string, input = ''): string {
  const cwd = fileURLToPath(new URL('docs/examples/', ROOT))
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const ran = spawnSync(program, [file], { cwd, input, env, encoding: 'utf8' })
  assert.equal(ran.status, 0, ran.stderr)
  return ran.stdout
}

test('the guide’s config lets in who has what its scripts made', async (t) => {
  const key = printed('sh', 'make-api-key.sh')
  process.env.BILLING_KEY = /config: (.*)/.exec(key)?.[1]
  process.env.ADA_HASH = printed(process.execPath, 'hash-password.ts', 'pass: wörd\n').trim()
  const file: string = '../../docs/examples/authentication.config.ts'
  const { default: config } = (await import(file)) as { default: GatewayConfig }
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true })
  const keys = [{ ...(await exportJWK(publicKey)), kid: 'k' }]
  const echo = ({ headers }: { headers: object }) => ({ body: JSON.stringify(headers) })
  const { inject, close } = await createTestGateway(config, {
    endpoints: {
      'http://127.0.0.1:9001': echo,
      'http://127.0.0.1:9002': echo,
      'http://127.0.0.1:9003': echo,
      'https://id.example.com': () => ({ body: JSON.stringify({ keys }) }),
    },
  })
  t.after(close)
  const sign = (scope: string) =>
    new SignJWT({ scope, sub: 'ada', exp: 600, realm_access: { roles: ['a', 'b'] } })
      .setProtectedHeader({ alg: 'ES256', kid: 'k' })
      .setIssuer('https://id.example.com/')
      .setAudience('https://api.example.com/users')
      .sign(privateKey)
  const bearer = async (scope: string) => ({ authorization: `Bearer ${await sign(scope)}` })
  const known = await inject({ url: '/users', headers: await bearer('users:read') })
  assert.deepEqual([known.json()['x-user'], known.json()['x-roles']], ['ada', 'a,b'])
  const lacking = await inject({ url: '/users', headers: await bearer('users') })
  assert.equal(lacking.statusCode, 403)
  const headers = { 'x-api-key': /client: (.*)/.exec(key)?.[1] ?? '' }
  assert.equal((await inject({ url: '/orders', headers })).json()['x-client'], 'billing')
  assert.equal((await inject({ url: '/orders' })).statusCode, 401)
  const basic = Buffer.from('ada:pass: wörd').toString('base64')
  const login = { url: '/console', headers: { authorization: `Basic ${basic}` } }
  assert.equal((await inject({ ...login, remoteAddress: '2001:db8::1' })).statusCode, 200)
  assert.equal((await inject({ ...login, remoteAddress: '192.0.2.1' })).statusCode, 403)
})

test('the guide’s service decides, and names who it is', async (t) => {
  const { inject, close } = await createTestGateway(forwardAuth, {
    endpoints: {
      'http://127.0.0.1:9001': ({ headers }) => ({ body: JSON.stringify(headers) }),
      'http://127.0.0.1:4180': ({ headers }) =>
        headers.cookie === 's=1'
          ? { status: 202, headers: { 'x-auth-request-user': 'ada' } }
          : { status: 302, headers: { location: '/oauth2/start' } },
    },
  })
  t.after(close)
  const forged = { 'x-auth-request-user': 'root', x_auth_request_groups: 'root' }
  const known = await inject({ url: '/', headers: { cookie: 's=1', ...forged } })
  assert.equal(known.json()['x-auth-request-user'], 'ada')
  assert.equal(known.body.includes('root'), false)
  const unknown = await inject('/')
  assert.deepEqual([unknown.statusCode, unknown.headers.location], [302, '/oauth2/start'])
})
