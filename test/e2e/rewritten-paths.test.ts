import assert from 'node:assert/strict'
import { after, beforeEach, describe, test } from 'node:test'
import { defineGateway } from 'sluice'
import { roundRobin } from 'sluice/plugins'
import { answerText, startEndpoint } from '../support/endpoint-server.ts'
import { LANES } from '../support/lanes.ts'
import { headerOf, statusOf } from '../support/message-reader.ts'
import { exchange, RawClient } from '../support/raw-client.ts'
import { startGateway } from '../support/start-gateway.ts'

const file = { after }
let answerHeaders = ''
const endpoint = await startEndpoint(file, () => answerText('ok', answerHeaders, '201 Created'))

beforeEach(() => {
  endpoint.requests.length = 0
  answerHeaders = ''
})

for (const [lane, plugins] of Object.entries(LANES)) {
  describe(lane, async () => {
    const { port } = await startGateway(
      file,
      defineGateway({
        http: { port: 0, host: '127.0.0.1' },
        upstreams: {
          it: { endpoints: [endpoint.url], balance: roundRobin() },
          named: { endpoints: [endpoint.url], balance: roundRobin(), host: 'it.internal' },
          own: { endpoints: [endpoint.url], balance: roundRobin(), host: 'upstream' },
        },
        routes: [
          { path: '/users', to: 'it', rewrite: { prefix: '/v1' }, plugins },
          { path: '/app/*', to: 'it', rewrite: { prefix: '/' }, plugins },
          { path: '/people/:id', to: 'it', rewrite: { path: '/v2/:id/profile' }, plugins },
          { path: '/named', to: 'named', plugins },
          { path: '/own', to: 'own', rewrite: { prefix: '/' }, plugins },
          { path: '/plain', to: 'it', plugins },
        ],
        shutdownTimeout: '500ms',
      }),
    )
    const ask = (t: { after(end: () => unknown): void }, target: string) =>
      exchange(t, port, `GET ${target} HTTP/1.1\r\nHost: api.test:8080\r\n\r\n`)
    const sentFor = async (t: { after(end: () => unknown): void }, target: string) => {
      const before = endpoint.requests.length
      assert.equal(statusOf(await ask(t, target)), 201)
      return endpoint.requests[before]?.startLine
    }

    test('the endpoint is sent exactly the rewritten bytes', async (t) => {
      assert.equal(await sentFor(t, '/users'), 'GET /v1 HTTP/1.1')
      assert.equal(
        await sentFor(t, '/users/a%2Fb//C/;d?e=%zz&f=/../'),
        'GET /v1/a%2Fb//C/;d?e=%zz&f=/../ HTTP/1.1',
      )
      assert.equal(await sentFor(t, '/%75sers/7'), 'GET /v1/7 HTTP/1.1')
      assert.equal(await sentFor(t, '/people/a%20b?x'), 'GET /v2/a%20b/profile?x HTTP/1.1')
      assert.equal(await sentFor(t, 'http://api.test/users/7'), 'GET /v1/7 HTTP/1.1')
    })

    test('no target names a host after its prefix was stripped', async (t) => {
      assert.equal(await sentFor(t, '/app//evil.test/x'), 'GET /evil.test/x HTTP/1.1')
      assert.equal(await sentFor(t, '/app////'), 'GET / HTTP/1.1')
    })

    for (const target of [
      '/app/../x',
      '/app/%2e%2e/x',
      '/app/..%2fx',
      '/app\\..\\x',
      '/app/.%2E',
    ]) {
      test(`${target} does not get out of its prefix`, async (t) => {
        assert.equal(statusOf(await ask(t, target)), 400)
        assert.equal(endpoint.requests.length, 0)
      })
    }

    test('a rewritten upgrade is sent on as well', async (t) => {
      const client = await RawClient.connect(t, port)
      client.send(
        'GET /users/ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
      )
      assert.equal(statusOf(await client.answer()), 201)
      assert.equal(endpoint.requests[0]?.startLine, 'GET /v1/ws HTTP/1.1')
    })

    const shown: readonly (readonly [target: string, sent: string, expected: string])[] = [
      ['/users', 'Location: /v1/7', '/users/7'],
      ['/users', 'Location: http://api.test:8080/v1/7', 'http://api.test:8080/users/7'],
      ['/users', 'Location: http://other.test/v1/7', 'http://other.test/v1/7'],
      ['/users', `Location: ${endpoint.url}/v1/7`, 'http://api.test:8080/users/7'],
      ['/app/x', 'Location: /login', '/app/login'],
      ['/named', 'Location: http://it.internal/named/7', 'http://api.test:8080/named/7'],
      ['/named', 'Location: http://it.internal:81/', 'http://it.internal:81/'],
      ['/own', `Location: ${endpoint.url}/7`, 'http://api.test:8080/own/7'],
      ['/plain', 'Location: /v1/7', '/v1/7'],
    ]
    for (const [target, sent, expected] of shown) {
      test(`for ${target} ${sent.replace(endpoint.url, 'its own URL')} is shown as ${expected}`, async (t) => {
        answerHeaders = `${sent}\r\n`
        assert.equal(headerOf(await ask(t, target), 'location'), expected)
      })
    }

    test('cookies are the client’s to send back', async (t) => {
      answerHeaders = 'Set-Cookie: a=1; Path=/v1\r\nSet-Cookie: b=2; Path=/\r\n'
      const cookies = headerOf(await ask(t, '/users'), 'set-cookie')
      assert.equal(cookies, 'a=1; Path=/users, b=2; Path=/')
      answerHeaders = 'Set-Cookie: a=1; Domain=it.internal; Secure\r\n'
      assert.equal(headerOf(await ask(t, '/named'), 'set-cookie'), 'a=1; Domain=api.test; Secure')
    })
  })
}

test('behind a trusted proxy the host is the one that the client asked for', async (t) => {
  const { port } = await startGateway(
    t,
    defineGateway({
      http: { port: 0, host: '127.0.0.1', trust: ['127.0.0.1'] },
      upstreams: {
        it: { endpoints: [endpoint.url], balance: roundRobin(), host: 'it.internal' },
      },
      routes: [{ to: 'it' }],
      shutdownTimeout: '500ms',
    }),
  )
  const head = 'GET / HTTP/1.1\r\nHost: gateway.test\r\nX-Forwarded-Proto: https\r\n'
  answerHeaders = 'Location: http://it.internal/7\r\n'
  for (const [sent, expected] of [
    ['shop.test', 'https://shop.test/7'],
    ['shop.test, cdn.test', 'https://shop.test/7'],
    ['shop.test/evil', 'https://gateway.test/7'],
  ]) {
    const answer = await exchange(t, port, `${head}X-Forwarded-Host: ${sent}\r\n\r\n`)
    assert.equal(headerOf(answer, 'location'), expected)
  }
})

test('bytes that node lets through are sent on', async (t) => {
  const { port } = await startGateway(
    t,
    defineGateway({
      http: { port: 0, host: '127.0.0.1' },
      upstreams: { it: { endpoints: [endpoint.url], balance: roundRobin() } },
      routes: [{ path: '/users', to: 'it', rewrite: { prefix: '/v1' } }],
      shutdownTimeout: '500ms',
    }),
  )
  for (const target of [
    '/users/{}|^`"<>[]',
    '/users/\x80\xff?\xe9',
    '/users/a:80',
    '/users/\x7f',
  ]) {
    const answer = await exchange(t, port, `GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`)
    const sent = endpoint.requests.at(-1)?.startLine
    if (statusOf(answer) === 400) continue
    assert.equal(statusOf(answer), 201, JSON.stringify(target))
    assert.equal(sent, `GET ${target.replace('/users', '/v1')} HTTP/1.1`)
  }
})
