import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bind, TRANSPORT, type Transport, type TransportRequest } from 'sluice'
import { httpEndpoints } from 'sluice/plugins'
import { watching } from './watching.ts'

const URL_OF = 'https://registry.test/users.json?token=secret'
const A = 'http://10.0.0.1:9001'
const B = 'http://10.0.0.2:9001'

interface Served {
  status?: number
  body?: unknown
  etag?: string
}

/** A server whose answer a test changes; an error is a connection that fails. */
function server(answer: Served | Error) {
  const seen = { answer, requests: [] as TransportRequest[] }
  const transport: Transport = {
    open: () => assert.fail('nothing is forwarded'),
    connect: () => assert.fail('nothing is connected to'),
    async request(request) {
      seen.requests.push(request)
      if (seen.answer instanceof Error) throw seen.answer
      const { status = 200, body, etag } = seen.answer
      const text = typeof body === 'string' ? body : JSON.stringify(body ?? [])
      const isSame = etag !== undefined && request.headers?.['if-none-match'] === etag
      const headers: Record<string, string> = etag === undefined ? {} : { etag }
      return {
        status: isSame ? 304 : status,
        headers,
        cookies: [],
        body: Buffer.from(isSame ? '' : text),
      }
    },
    close: async () => undefined,
  }
  return Object.assign(seen, { bindings: [bind(TRANSPORT, transport)] })
}

test('a document is asked for at the interval, and again in full once its ETag differs', async () => {
  const served = server({ body: [A], etag: '"1"' })
  const headers = { authorization: 'Bearer k' }
  const seen = await watching(httpEndpoints({ url: URL_OF, headers }), served.bindings)
  await seen.pass(16_500)
  assert.deepEqual(seen.updates, [[A]])
  assert.deepEqual(
    served.requests.map(({ headers }) => headers),
    [
      { accept: 'application/json', ...headers },
      ...Array(3).fill({ accept: 'application/json', ...headers, 'if-none-match': '"1"' }),
    ],
  )
  assert.deepEqual(
    [served.requests[0]?.url, served.requests[0]?.timeoutMs, served.requests[0]?.maxBytes],
    [URL_OF, 5_000, 2 ** 20],
  )
  served.answer = { body: { endpoints: [{ url: B, weight: 2, zone: 'b' }] }, etag: '"2"' }
  await seen.pass(5_500)
  assert.deepEqual(seen.last, [{ url: B, weight: 2, zone: 'b' }])
})

test('whatever is wrong with the server, the last endpoints stay and the log says so once', async () => {
  const wrong: (Served | Error)[] = [
    new Error('connect ECONNREFUSED'),
    { status: 404 },
    { status: 302 },
    { body: '[{"url":' },
    { body: { users: [A] } },
    { body: 'null' },
    { body: [] },
    { body: [B, 'refused'] },
    { body: Array(3).fill(B) },
  ]
  for (const answer of wrong) {
    const served = server({ body: [A], etag: '"1"' })
    const use = httpEndpoints({ url: URL_OF, maxEndpoints: 2 })
    const seen = await watching(use, served.bindings, (list) =>
      list.includes('refused') ? '[1]: not a URL' : undefined,
    )
    served.answer = answer
    await seen.pass(300_000)
    assert.deepEqual(seen.updates, [[A]])
    assert.equal(seen.troubles.length, 1)
    assert.ok(!JSON.stringify(seen.lines).includes('secret'))
    assert.ok(served.requests.length > 5 && served.requests.length < 12)
    served.answer = { body: [B], etag: '"2"' }
    await seen.pass(66_000)
    assert.deepEqual(seen.updates, [[A], [B]])
    assert.equal(seen.lines.at(-1)?.message, 'endpoints are renewed again')
  }
})

test('a document that was refused is asked for in full until it is right', async () => {
  const served = server({ body: [A], etag: '"1"' })
  const refuse = (list: readonly unknown[]) => (list.includes('bad') ? 'bad' : undefined)
  const seen = await watching(httpEndpoints({ url: URL_OF }), served.bindings, refuse)
  served.answer = { body: ['bad'], etag: '"2"' }
  await seen.pass(30_000)
  assert.ok(served.requests.slice(1).every(({ headers }) => headers?.['if-none-match'] === '"1"'))
  assert.deepEqual(seen.troubles, ['bad'])
})

test('a document of many faults is told by its first ones', async () => {
  const served = server({ body: [A] })
  const faults = Array.from({ length: 500 }, (_, i) => `[${i}]: not a URL`).join('\n')
  const refuse = (list: readonly unknown[]) => (list.includes('bad') ? faults : undefined)
  const seen = await watching(httpEndpoints({ url: URL_OF }), served.bindings, refuse)
  served.answer = { body: ['bad'] }
  await seen.pass(6_000)
  assert.deepEqual(seen.troubles, ['[0]: not a URL; [1]: not a URL; [2]: not a URL; and 497 more'])
})

test('a function of one’s own reads any document', async () => {
  const served = server({ body: 'a.test b.test' })
  const parse = (text: string) => text.split(' ').map((host) => `http://${host}`)
  const seen = await watching(httpEndpoints({ url: URL_OF, parse }), served.bindings)
  assert.deepEqual(seen.updates, [['http://a.test', 'http://b.test']])
})

test('a document that lists nobody empties the upstream where it means it', async () => {
  const served = server({ body: [A] })
  const seen = await watching(httpEndpoints({ url: URL_OF, onEmpty: 'clear' }), served.bindings)
  served.answer = { body: [] }
  await seen.pass(5_500)
  assert.deepEqual(seen.updates, [[A], []])
})

test('options that make no sense are refused at load', async () => {
  const { bindings } = server({})
  const refused = (options: object, what: RegExp) =>
    assert.rejects(watching(httpEndpoints({ url: URL_OF, ...options }), bindings), what)
  await refused({ url: 'users.json' }, /\/url must be a URL of http or https/)
  await refused({ url: 'file:///etc/passwd' }, /\/url must be a URL of http or https/)
  await refused({ url: 'http://me:secret@registry.test' }, /\/url must have no user/)
  await refused({ headers: { 'a b': 'c' } }, /\/headers has a name or a value .*"a b"/)
  await refused({ headers: { a: 'c\r\nd: e' } }, /\/headers has a name or a value .*"a"/)
  await refused({ parse: 'json' }, /\/parse must be a function/)
  await refused(
    { tls: { ca: '/no/such.pem' } },
    /\/tls\/ca is neither PEM nor a file that is there/,
  )
  await refused({ tls: { ca: '/' } }, /\/tls\/ca cannot be read: \/ \(EISDIR\)/)
  await refused({ tls: { ca: import.meta.filename } }, /\/tls\/ca must hold a certificate in PEM/)
})
