import assert from 'node:assert/strict'
import { createServer, type RequestListener } from 'node:http'
import { test } from 'node:test'
import { defineGateway, definePlugin, IDENTITY, type Identity, Type } from 'sluice'
import { forwardAuth, roundRobin } from 'sluice/plugins'
import {
  createTestGateway,
  type FakeAnswer,
  type FakeRequest,
  fakeExchange,
  instantiate,
} from 'sluice/testing'
import { startEndpoint } from '../../support/endpoint-server.ts'
import { listening } from '../../support/listening.ts'
import { startGatewayTo } from '../../support/start-gateway.ts'
import type { Teardown } from '../../support/teardown.ts'

type Options = Partial<Parameters<typeof forwardAuth>[0]>

const AUTH = 'http://auth.test'

async function asking(
  t: Teardown,
  options: Options,
  answer: (request: FakeRequest) => FakeAnswer | Promise<FakeAnswer>,
) {
  const asked: FakeRequest[] = []
  let identity: Identity | undefined
  const watching = definePlugin({
    name: 'watching',
    options: Type.Object({}),
    create: () => ({
      finished({ flow }) {
        identity = flow.context.get(IDENTITY)
      },
    }),
  })
  const made = await createTestGateway(
    defineGateway({
      http: { port: 0 },
      upstreams: { it: { endpoints: ['http://it.test'], balance: roundRobin() } },
      routes: [{ path: '/', to: 'it' }],
      plugins: [watching(), forwardAuth({ url: `${AUTH}/verify?x=1`, ...options })],
    }),
    {
      endpoints: {
        'http://it.test': ({ headers }) => ({ body: JSON.stringify(headers) }),
        [AUTH]: (request) => {
          asked.push(request)
          return answer(request)
        },
      },
    },
  )
  t.after(made.close)
  const ask = (headers: Record<string, string> = {}, url = '/') => made.inject({ url, headers })
  return { ...made, ask, asked, identity: () => identity }
}

test('the service is told what is asked for, by whom, and nothing that the client made up', async (t) => {
  const { inject, asked } = await asking(t, {}, () => ({}))
  await inject({
    method: 'DELETE',
    url: '/users/%2e7?a=b%20c',
    remoteAddress: '192.0.2.7',
    headers: {
      ...{ host: 'api.test', authorization: 'Bearer x', cookie: 'a=1', accept: 'a/b' },
      ...{ 'x-other': '1', 'x-forwarded-uri': '/public', 'x-forwarded-method': 'GET' },
      ...{ 'x-forwarded-for': '10.0.0.1', X_Forwarded_Uri: '/public', 'x-real-ip': '10.0.0.1' },
    },
  })
  const [question] = asked
  assert.equal(question?.method, 'GET')
  assert.equal(question?.target, '/verify?x=1')
  const { 'user-agent': _, ...told } = question?.headers ?? {}
  assert.deepEqual(
    { ...told },
    {
      ...{ authorization: 'Bearer x', cookie: 'a=1', accept: 'a/b' },
      'x-forwarded-method': 'DELETE',
      'x-forwarded-proto': 'http',
      'x-forwarded-host': 'api.test',
      'x-forwarded-uri': '/users/%2e7?a=b%20c',
      'x-forwarded-for': '192.0.2.7',
      'x-sluice-forward-auth': '1',
    },
  )
})

test('2xx lets in: listed headers reach the endpoint, none of the client’s own do, in any spelling', async (t) => {
  let answer: FakeAnswer = { headers: { 'X-User': 'ada', 'x-plan': 'gold', 'x-other': 'no' } }
  const copy = ['x-user', 'x-plan', 'x-forwarded-groups']
  const { ask, identity } = await asking(t, { copy }, () => answer)
  const forged = {
    ...{ 'x-user': 'root', X_User: 'root', 'X.User': 'root', x_plan: 'root' },
    ...{ 'x-forwarded-groups': 'root', X_Forwarded_Groups: 'root' },
  }
  const known = await ask(forged)
  assert.equal(known.body.includes('root'), false)
  const sent = known.json()
  assert.deepEqual([sent['x-user'], sent['x-plan'], sent['x-other']], ['ada', 'gold', undefined])
  assert.deepEqual(identity(), {
    subject: 'ada',
    by: 'forward-auth',
    claims: { 'x-user': 'ada', 'x-plan': 'gold' },
  })
  answer = { status: 204 }
  const nameless = await ask(forged)
  assert.equal(nameless.statusCode, 200)
  assert.equal(nameless.body.includes('root'), false)
  assert.equal(identity(), undefined)
})

test('a header that is both sent and copied is the service’s, never the client’s', async (t) => {
  let answer: FakeAnswer = { headers: { authorization: 'Bearer inner' } }
  const { ask, asked } = await asking(t, { copy: ['Authorization'], onError: 'open' }, () => answer)
  const authorization = 'Bearer outer'
  assert.equal((await ask({ authorization })).json().authorization, 'Bearer inner')
  assert.equal(asked[0]?.headers.authorization, 'Bearer outer')
  for (const next of [{}, { status: 500 }]) {
    answer = next
    assert.equal('authorization' in (await ask({ authorization })).json(), false)
  }
})

test('401, 403 and redirects go to the client, with listed headers and the body', async (t) => {
  let answer: FakeAnswer = {}
  const { ask, asked } = await asking(t, {}, () => answer)
  for (const status of [401, 403, 301, 302, 303, 307, 308]) {
    answer = {
      status,
      headers: {
        ...{ Location: 'https://login.test/?rd=x', 'www-authenticate': 'Bearer' },
        ...{ 'set-cookie': 'csrf=1; Path=/', 'content-type': 'text/html', 'x-secret': 'no' },
      },
      body: '<a>',
    }
    const { statusCode, headers, body } = await ask()
    assert.deepEqual([statusCode, body], [status, '<a>'])
    assert.equal(headers.location, 'https://login.test/?rd=x')
    assert.equal(headers['set-cookie'], 'csrf=1; Path=/')
    assert.equal(headers['x-secret'], undefined)
  }
  assert.equal(asked.length, 7, 'no redirect was followed')
})

test('any other answer is 503, unless `open` says otherwise of a service that is down', async (t) => {
  let answer: () => FakeAnswer = () => ({})
  const closed = await asking(t, {}, () => answer())
  const open = await asking(t, { onError: 'open' }, () => answer())
  const cases: readonly (readonly [() => FakeAnswer, number])[] = [
    [() => ({ status: 500 }), 200],
    [() => ({ status: 503 }), 200],
    [
      () => {
        throw new Error('reset')
      },
      200,
    ],
    ...[400, 404, 429, 304, 302, 100].map((status) => [() => ({ status }), 503] as const),
    [() => ({ status: 401, headers: { 'www-authenticate': 'a\r\nx-admin: 1' } }), 503],
  ]
  for (const [next, expected] of cases) {
    answer = next
    const refused = await closed.ask()
    assert.deepEqual([refused.statusCode, refused.headers['retry-after']], [503, '1'])
    assert.equal((await open.ask()).statusCode, expected, next.toString())
  }
  assert.equal(closed.logged.filter(({ level }) => level === 'warn').length, 1)
})

test('values that would become headers of their own are not passed on', async (t) => {
  for (const value of ['ada\r\nx-admin: 1', 'ada\nx', 'a\0b', '\u{1f600}']) {
    const { ask } = await asking(t, { copy: ['x-user'] }, () => ({ headers: { 'x-user': value } }))
    assert.equal((await ask()).statusCode, 503, JSON.stringify(value))
  }
})

test('an answer is remembered for who sent the same, and for nobody else', async (t) => {
  const options: Options = { cache: { for: '10s', max: 100 }, copy: ['x-user'] }
  const { ask, asked, clock, inject } = await asking(t, options, ({ headers }) => {
    return headers.authorization === undefined
      ? { status: 401 }
      : { headers: { 'x-user': headers.authorization.slice(7) } }
  })
  const as = (name: string) => ({ authorization: `Bearer ${name}` })
  for (let i = 0; i < 3; i++) assert.equal((await ask(as('ada'))).json()['x-user'], 'ada')
  assert.equal(asked.length, 1)
  assert.equal((await ask(as('bob'))).json()['x-user'], 'bob')
  await ask(as('ada'), '/admin')
  await inject({ method: 'POST', url: '/', headers: as('ada') })
  await inject({ url: '/', headers: as('ada'), remoteAddress: '192.0.2.9' })
  await ask({ ...as('ada'), cookie: 'a=1' })
  await ask({ ...as('ada'), host: 'other.test' })
  assert.equal(asked.length, 7, 'another user, path, method, address, cookie, host')
  for (let i = 0; i < 3; i++) assert.equal((await ask()).statusCode, 401)
  assert.equal(asked.length, 10, 'who is not let in is asked for each time')
  clock.advance(10_000)
  await ask(as('ada'))
  assert.equal(asked.length, 11)
})

test('a service that looks at who it is alone is asked once for all paths', async (t) => {
  const cache = { for: '10s', ignorePath: true } as const
  const { ask, asked } = await asking(t, { cache }, () => ({}))
  for (const url of ['/', '/a', '/b?c']) await ask({ authorization: 'Bearer x' }, url)
  assert.equal(asked.length, 1)
})

test('an answer with a cookie reaches one client and is not remembered', async (t) => {
  const cache = { for: '10s' } as const
  const { ask, asked } = await asking(t, { cache }, () => ({ headers: { 'set-cookie': 's=2' } }))
  for (let i = 0; i < 2; i++) assert.equal((await ask()).headers['set-cookie'], 's=2')
  assert.equal(asked.length, 2)
})

test('several Authorization headers are refused, and a question that comes back', async () => {
  const plugin = instantiate(forwardAuth({ url: AUTH }))
  const status = async (headers: Record<string, string>) => {
    const exchange = fakeExchange({ headers })
    await plugin.request?.(exchange)
    return exchange.refused?.status
  }
  assert.equal(await status({ authorization: 'Bearer a', Authorization: 'Bearer b' }), 400)
  assert.equal(await status({ 'x-sluice-forward-auth': '1' }), 508)
})

test('wrong options are told at load', () => {
  const cases: readonly (readonly [Options, RegExp])[] = [
    [{ url: 'auth.internal/verify' }, /must be a URL such as/],
    [{ url: 'http://a:b@auth.internal' }, /no user and no password/],
    [{ send: ['X-Forwarded-For'] }, /the gateway tells it itself/],
    [{ send: ['host'] }, /the gateway tells it itself/],
    [{ copy: ['connection'] }, /the gateway's own/],
    [{ copy: ['x user'] }, /must list header names/],
    [{ answer: ['content-length'] }, /the gateway's own/],
  ]
  for (const [options, message] of cases) {
    assert.throws(() => instantiate(forwardAuth({ url: AUTH, ...options })), message)
  }
})

/** A service over real HTTP. */
async function served(t: Teardown, answer: RequestListener): Promise<string> {
  return listening(t, createServer(answer))
}

test('over the network: cookies stay apart, and a slow, huge or circular service is cut short', async (t) => {
  const users = await startEndpoint(t)
  let gatewayPort = 0
  let rounds = 0
  const urls = {
    cookies: await served(t, (_, res) => {
      res.writeHead(302, { location: '/login', 'set-cookie': ['a=1; Expires=Thu, 01 Jan', 'b=2'] })
      res.end()
    }),
    silent: await served(t, () => {}),
    huge: await served(t, (_, res) => {
      res.writeHead(401)
      res.end(Buffer.alloc(2 ** 20))
    }),
    circular: await served(t, async ({ headers }, res) => {
      rounds++
      const asked = await fetch(`http://127.0.0.1:${gatewayPort}/`, {
        headers: { 'x-sluice-forward-auth': String(headers['x-sluice-forward-auth']) },
      })
      res.writeHead(asked.status === 508 ? 403 : 200)
      res.end()
    }),
  }
  const statuses: Record<string, number> = {}
  for (const [name, url] of Object.entries(urls)) {
    const { port } = await startGatewayTo(t, [users.url], {
      plugins: [forwardAuth({ url, timeout: name === 'silent' ? '200ms' : '5s' })],
    })
    gatewayPort = port
    const answer = await fetch(`http://127.0.0.1:${port}/`, { redirect: 'manual' })
    await answer.text()
    statuses[name] = answer.status
    if (name !== 'cookies') continue
    assert.deepEqual(answer.headers.getSetCookie(), ['a=1; Expires=Thu, 01 Jan', 'b=2'])
  }
  assert.deepEqual(statuses, { cookies: 302, silent: 503, huge: 503, circular: 403 })
  assert.equal(rounds, 1)
})
