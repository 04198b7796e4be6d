import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FastifyInstance } from 'fastify'
import { defineGateway, definePlugin, native, type PluginUse, Type, type Upstream } from 'sluice'
import { roundRobin } from 'sluice/plugins'
import { createTestGateway } from 'sluice/testing'
import { IdentityHeaders } from '../../../core/http/identity-headers.ts'

const USERS = 'http://users.test'
const ADMIN = 'http://admin.test'

/** Knows a user by a header, as forward auth does that copies what its answer has. */
function auth(name = 'x-user-id'): PluginUse {
  return definePlugin({
    name: 'auth',
    options: Type.Object({}),
    create: () => ({
      identity: [name],
      request(exchange) {
        const seen = exchange.header(name)
        if (seen !== undefined) exchange.setAnswerHeader('x-seen', seen)
        const user = exchange.header('x-token')
        if (user !== undefined) exchange.setHeader(name, user)
      },
    }),
  })()
}

// Its hooks belong to the scope around it, as those of fastify-plugin do.
const showing = Object.assign(
  async (scope: FastifyInstance) => {
    scope.addHook('onRequest', async (request, reply) => {
      reply.header('x-native', request.headers['x-user-id'] ?? 'none')
    })
  },
  { [Symbol.for('skip-override')]: true },
)

function gateway(plugins: { route?: PluginUse[]; upstream?: PluginUse[]; gateway?: PluginUse[] }) {
  return createTestGateway(
    defineGateway({
      http: { port: 0 },
      upstreams: {
        users: { endpoints: [USERS], balance: roundRobin(), plugins: plugins.upstream ?? [] },
      },
      routes: [
        { path: '/', to: 'users', plugins: plugins.route ?? [] },
        {
          path: '/native',
          to: 'users',
          plugins: [...(plugins.route ?? []), native(showing)],
        },
      ],
      plugins: plugins.gateway ?? [],
    }),
    { endpoints: { [USERS]: ({ headers }) => ({ body: JSON.stringify(headers) }) } },
  )
}

// Caddy GHSA-7r4p-vjf4-gxv4: what the authorization did not set, the client could.
const SPELLINGS = ['x-user-id', 'X-User-Id', 'X_User_Id', 'x_user-id', 'X.User.Id']
const SCOPES = ['gateway', 'route', 'upstream'] as const

for (const scope of SCOPES) {
  test(`a client cannot set an identity header that a plugin of the ${scope} sets`, async (t) => {
    const { inject, close } = await gateway({ [scope]: [auth()] })
    t.after(close)
    for (const name of SPELLINGS) {
      const answer = await inject({ url: '/', headers: { [name]: 'admin', accept: 'a/b' } })
      const { accept, ...sent } = answer.json()
      assert.equal(accept, 'a/b')
      const left = Object.keys(sent).filter((key) => /user.id/i.test(key))
      assert.deepEqual(left, [], name)
      assert.equal(answer.headers['x-seen'], undefined, 'the plugin itself does not see it')
    }
    const known = await inject({ url: '/', headers: { X_User_Id: 'admin', 'x-token': 'ada' } })
    assert.equal(known.json()['x-user-id'], 'ada')
    assert.equal(known.body.includes('admin'), false)
  })
}

test('native plugins do not see what was struck out either', async (t) => {
  const { inject, close } = await gateway({ route: [auth()] })
  t.after(close)
  const answer = await inject({ url: '/native', headers: { 'x-user-id': 'admin' } })
  assert.equal(answer.headers['x-native'], 'none')
})

test('an upstream that a plugin chose strikes out its own', async (t) => {
  const choosing = definePlugin({
    name: 'choosing',
    options: Type.Object({}),
    create() {
      let chosen: Upstream | undefined
      return {
        upstream: (upstream) => {
          if (upstream.name === 'admin') chosen = upstream
        },
        request(exchange) {
          if (chosen !== undefined) exchange.flow.upstream = chosen
        },
      }
    },
  })
  const endpoint = ({ headers }: { headers: object }) => ({ body: JSON.stringify(headers) })
  const { inject, close } = await createTestGateway(
    defineGateway({
      http: { port: 0 },
      upstreams: {
        users: { endpoints: [USERS], balance: roundRobin() },
        admin: { endpoints: [ADMIN], balance: roundRobin(), plugins: [auth()] },
      },
      routes: [{ path: '/', to: 'users' }],
      plugins: [choosing()],
    }),
    { endpoints: { [USERS]: endpoint, [ADMIN]: endpoint } },
  )
  t.after(close)
  const sent = (await inject({ url: '/', headers: { 'x-user-id': 'eve' } })).json()
  assert.equal(sent['x-user-id'], undefined)
})

test('a copy for an upstream is without its identity headers, the request itself is not', async (t) => {
  const copies: Record<string, string>[] = []
  const { inject, close } = await createTestGateway(
    defineGateway({
      http: { port: 0 },
      upstreams: {
        users: { endpoints: [USERS], balance: roundRobin() },
        admin: { endpoints: [ADMIN], balance: roundRobin(), plugins: [auth()] },
      },
      routes: [{ path: '/', to: 'users', mirror: { to: 'admin' } }],
    }),
    {
      endpoints: {
        [USERS]: ({ headers }) => ({ body: JSON.stringify(headers) }),
        [ADMIN]: ({ headers }) => {
          copies.push({ ...headers })
          return {}
        },
      },
    },
  )
  t.after(close)
  const headers = { X_User_Id: 'eve', accept: 'a/b' }
  const sent = (await inject({ url: '/', headers })).json()
  assert.equal(sent.x_user_id, 'eve')
  const [copy] = copies
  assert.equal(copy?.accept, 'a/b')
  assert.deepEqual(
    Object.keys(copy ?? {}).filter((name) => /user.id/.test(name)),
    [],
  )
})

test('a route without such plugins passes the header on', async (t) => {
  const { inject, close } = await gateway({})
  t.after(close)
  const sent = (await inject({ url: '/', headers: { 'x-user-id': 'ada' } })).json()
  assert.equal(sent['x-user-id'], 'ada')
})

test('what the whole gateway strikes out moves no match and stands in no log of a refusal', async (t) => {
  const logged: (string | undefined)[] = []
  const logs = definePlugin({
    name: 'logs',
    options: Type.Object({}),
    create: () => ({ finished: (exchange) => void logged.push(exchange.header('x-user-id')) }),
  })
  const { inject, close } = await createTestGateway(
    defineGateway({
      http: { port: 0 },
      upstreams: { users: { endpoints: [USERS], balance: roundRobin() } },
      routes: [{ path: '/', headers: { 'x-user-id': 'admin' }, to: 'users' }],
      plugins: [auth(), logs()],
    }),
    { endpoints: { [USERS]: () => ({ body: '' }) } },
  )
  t.after(close)
  const headers = { 'x-user-id': 'admin' }
  const unmatched = await inject({ url: '/', headers })
  const malformed = await inject({ url: '/%', headers })
  assert.deepEqual([unmatched.statusCode, malformed.statusCode], [404, 400])
  assert.deepEqual(logged, [undefined, undefined])
})

test('an identity that no plugin can mean fails the load', async () => {
  await assert.rejects(gateway({ route: [auth('x user')] }), {
    message: 'routes[0].plugins[0] auth: identity: "x user" is no header name',
  })
  for (const name of ['host', 'Content-Length', 'X-Forwarded-For']) {
    await assert.rejects(gateway({ route: [auth(name)] }), /is the gateway's own to judge/)
  }
})

test('names are told apart by length first, also beyond 32 letters', () => {
  const long = `x-${'a'.repeat(40)}`
  const identity = IdentityHeaders.of([long, '__proto__'])
  assert.equal(identity?.has(long.toUpperCase()), true)
  assert.equal(identity?.has('x-aaaaaaaa'), false)
  assert.equal(identity?.has('--proto--'), true)
  assert.equal(identity?.has('constructor'), false)
  assert.equal(IdentityHeaders.of([]), undefined)
})
