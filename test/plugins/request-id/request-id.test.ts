import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bind, defineGateway, LOGGER, type PluginUse } from 'sluice'
import { requestId, roundRobin } from 'sluice/plugins'
import { createTestGateway, fakeExchange, instantiate } from 'sluice/testing'
import { startEndpoint } from '../../support/endpoint-server.ts'
import { headerOf } from '../../support/message-reader.ts'
import { exchange as ask } from '../../support/raw-client.ts'
import { startGateway } from '../../support/start-gateway.ts'

const USERS = 'http://users.test'

function gateway(plugins: PluginUse[], trust: readonly string[] = []) {
  return createTestGateway(
    defineGateway({
      http: { port: 0, trust },
      upstreams: { users: { endpoints: [USERS], balance: roundRobin() } },
      routes: [{ path: '/users', to: 'users' }],
      plugins,
    }),
    { endpoints: { [USERS]: ({ headers }) => ({ body: headers['x-request-id'] ?? 'none' }) } },
  )
}

test('an id is made, sent upstream, and answered', async (t) => {
  const { inject, close } = await gateway([requestId()])
  t.after(close)
  const [first, second] = [await inject('/users'), await inject('/users')]
  assert.match(first.body, /^[a-z0-9]+-[a-z0-9]+$/)
  assert.equal(first.headers['x-request-id'], first.body)
  assert.equal(second.headers['x-request-id'], second.body)
  assert.notEqual(first.body, second.body)
})

test('what a client sends is replaced', async (t) => {
  const { inject, close } = await gateway([requestId()])
  t.after(close)
  const answer = await inject({ url: '/users', headers: { 'x-request-id': 'mine' } })
  assert.notEqual(answer.body, 'mine')
  assert.equal(answer.headers['x-request-id'], answer.body)
})

test('a trusted proxy’s id is kept, in refusals and their documents too', async (t) => {
  const { inject, close } = await gateway([requestId()], ['127.0.0.0/8'])
  t.after(close)
  const headers = { 'x-request-id': 'edge/7f:3' }
  const answer = await inject({ url: '/users', headers })
  assert.deepEqual([answer.body, answer.headers['x-request-id']], ['edge/7f:3', 'edge/7f:3'])
  for (const url of ['/nothing', '/a/%2e%2e/b']) {
    const refused = await inject({ url, headers })
    assert.equal(refused.json().instance, 'edge/7f:3')
    assert.equal(refused.headers['x-request-id'], 'edge/7f:3')
  }
})

test('an id that could break a log is not taken from anybody', () => {
  const plugin = instantiate(requestId({ maxLength: 8 }))
  for (const id of ['', 'a b', 'a\tb', 'é', 'a\r\nb', '123456789']) {
    const exchange = fakeExchange({ client: { trusted: true }, headers: { 'x-request-id': id } })
    plugin.request?.(exchange)
    assert.equal(exchange.id, 'fake-1', JSON.stringify(id))
    assert.equal(exchange.outgoing.get('x-request-id'), 'fake-1')
  }
  const fit = fakeExchange({ client: { trusted: true }, headers: { 'x-request-id': '12345678' } })
  plugin.request?.(fit)
  assert.equal(fit.id, '12345678')
})

test('generate makes the id once, a refusal included; what is none is replaced and told once', () => {
  const warned: unknown[] = []
  const logger = {
    debug() {},
    info() {},
    error() {},
    warn: (fields: object | string) => void warned.push(fields),
  }
  const ids = ['one', 'two words', 'with\nbreak', 'four']
  const plugin = instantiate(requestId({ header: 'x-trace', generate: () => ids.shift() ?? '' }), [
    bind(LOGGER, logger),
  ])
  const seen = [1, 2, 3, 4].map(() => {
    const exchange = fakeExchange()
    plugin.request?.(exchange)
    plugin.refused?.(exchange, { status: 503, title: '', detail: '' })
    return exchange.id
  })
  assert.deepEqual(seen, ['one', 'fake-1', 'fake-1', 'four'])
  assert.equal(warned.length, 1)
})

test('with answer: false the client is told nothing', async (t) => {
  const { inject, close } = await gateway([requestId({ answer: false })])
  t.after(close)
  const answer = await inject('/users')
  assert.notEqual(answer.body, 'none')
  assert.equal(answer.headers['x-request-id'], undefined)
})

test('a header that cannot be meant fails the load', () => {
  assert.throws(() => instantiate(requestId({ header: 'x id' })), /must be a header name/)
  assert.throws(() => instantiate(requestId({ header: 'Connection' })), /own to write/)
})

test('a request that cannot be parsed is answered with an id as well', async (t) => {
  const endpoint = await startEndpoint(t)
  const { port } = await startGateway(t, {
    http: { port: 0, host: '127.0.0.1' },
    upstreams: { it: { endpoints: [endpoint.url], balance: roundRobin() } },
    routes: [{ path: '/', to: 'it' }],
    plugins: [requestId()],
    shutdownTimeout: '500ms',
  })
  const answer = await ask(t, port, 'GET / HTTP/1.1\r\nbad header\r\n\r\n')
  const id = headerOf(answer, 'x-request-id')
  assert.equal(JSON.parse(String(answer?.body)).instance, id)
  assert.match(String(id), /^[a-z0-9]+-[a-z0-9]+$/)
})
