import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { defineGateway, definePlugin, Type } from 'sluice'
import { errorPages, requestId, roundRobin } from 'sluice/plugins'
import { createTestGateway, type FakeAnswer, instantiate } from 'sluice/testing'
import { qualityOf } from '../../../plugins/error-pages/accept.ts'
import { LANES } from '../../support/lanes.ts'

const USERS = 'http://users.test'
const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8'

type Options = Parameters<typeof errorPages>[0]

const refusing = definePlugin({
  name: 'refusing',
  options: Type.Object({}),
  create: () => ({
    request(exchange) {
      if (exchange.target === '/limited') exchange.refuse(429, '<script>&"\'</script>')
    },
  }),
})

function gateway(
  options: Options,
  answer: FakeAnswer = {},
  lane = LANES['straight to the client'],
) {
  return createTestGateway(
    defineGateway({
      http: { port: 0 },
      upstreams: { users: { endpoints: [USERS], balance: roundRobin() } },
      routes: [{ path: '/', methods: ['GET', 'HEAD'], to: 'users', plugins: lane ?? [] }],
      plugins: [requestId(), errorPages(options), refusing()],
    }),
    { endpoints: { [USERS]: () => answer } },
  )
}

const HTML = '<style>p { color: red }</style><p>{status} {title}: {detail} ({id}) {other}</p>'

test('a browser gets the page, escaped, and what belongs to the refusal stays', async (t) => {
  const { inject, close } = await gateway({ pages: { '4xx': HTML } })
  t.after(close)
  const answer = await inject({ url: '/limited', headers: { accept: BROWSER } })
  assert.equal(answer.statusCode, 429)
  assert.equal(answer.headers['content-type'], 'text/html; charset=utf-8')
  assert.equal(answer.headers.vary, 'accept')
  assert.equal(
    answer.body,
    '<style>p { color: red }</style><p>429 Too Many Requests: ' +
      '&lt;script&gt;&amp;&quot;&#39;&lt;/script&gt; ' +
      `(${answer.headers['x-request-id']}) {other}</p>`,
  )
  const refused = await inject({ method: 'PUT', url: '/', headers: { accept: BROWSER } })
  assert.equal(refused.headers.allow, 'GET, HEAD')
  assert.match(refused.body, /^<style>.*405 Method Not Allowed/)
})

test('programs keep their problem documents', async (t) => {
  const { inject, close } = await gateway({ pages: { '4xx': HTML } })
  t.after(close)
  for (const accept of [
    '*/*',
    'application/json',
    'application/problem+json',
    'text/html, application/json',
    'image/png',
    undefined,
  ]) {
    const headers = accept === undefined ? {} : { accept }
    const answer = await inject({ url: '/limited', headers })
    assert.equal(answer.headers['content-type'], 'application/problem+json', String(accept))
    assert.equal(answer.json().instance, answer.headers['x-request-id'])
    assert.equal(answer.headers.vary, 'accept')
  }
})

test('each client gets the language it wants, JSON of yours in place of the document', async (t) => {
  const { inject, close } = await gateway({
    pages: { 429: { html: '<p>', json: '{"sorry":"{detail}","id":"{id}"}', text: '{title}!' } },
  })
  t.after(close)
  const ask = (accept: string) => inject({ url: '/limited', headers: { accept } })
  assert.equal((await ask(BROWSER)).body, '<p>')
  assert.equal((await ask('text/plain')).body, 'Too Many Requests!')
  assert.equal((await ask('text/*;q=0.5, text/plain')).body, 'Too Many Requests!')
  const json = await ask('application/json, text/html;q=0.5')
  assert.equal(json.headers['content-type'], 'application/json; charset=utf-8')
  assert.equal(json.json().sorry, '<script>&"\'</script>')
})

test('a status comes before its class, and others keep their documents', async (t) => {
  const { inject, close } = await gateway({ pages: { 404: 'none', '4xx': 'any' } })
  t.after(close)
  const ask = async (method: 'GET' | 'PUT', url: string) =>
    (await inject({ method, url, headers: { accept: BROWSER } })).body
  assert.equal(await ask('PUT', '/'), 'any')
  const { inject: other, close: end } = await gateway({ pages: { '5xx': 'any' } })
  t.after(end)
  const missing = await other({ url: '/limited', headers: { accept: BROWSER } })
  assert.equal(missing.headers['content-type'], 'application/problem+json')
  assert.equal(missing.headers.vary, undefined)
})

for (const [name, lane] of Object.entries(LANES)) {
  test(`${name}: errors of endpoints are replaced only where that is asked for`, async (t) => {
    const answer = {
      status: 503,
      headers: {
        ...{ 'retry-after': '7', 'content-length': '3', server: 'it', 'set-cookie': 'a=1' },
        ...{ 'cache-control': 'no-store', 'access-control-allow-origin': '*', vary: 'origin' },
      },
      body: 'bad',
    }
    const kept = await gateway({ pages: { '5xx': HTML } }, answer, lane)
    t.after(kept.close)
    const asked = { url: '/', headers: { accept: BROWSER } }
    assert.equal((await kept.inject(asked)).body, 'bad')
    const replaced = await gateway({ pages: { '5xx': '{title}' }, upstream: true }, answer, lane)
    t.after(replaced.close)
    const page = await replaced.inject(asked)
    assert.deepEqual([page.statusCode, page.body], [503, 'Service Unavailable'])
    assert.deepEqual(
      [page.headers['retry-after'], page.headers.server, page.headers['set-cookie']],
      ['7', undefined, 'a=1'],
    )
    // Without these a cache keeps an error, and a browser hides it from the page that asked.
    assert.equal(page.headers['cache-control'], 'no-store')
    assert.equal(page.headers['access-control-allow-origin'], '*')
    assert.deepEqual(String(page.headers.vary).split(/, ?/), ['origin', 'accept'])
    assert.equal(page.headers['content-length'], '19')
    assert.equal((await replaced.inject({ url: '/' })).body, 'bad', 'no page for this client')
    assert.equal(replaced.gateway.status().upstreams.users?.endpoints[0]?.inflight, 0)
    const head = await replaced.inject({ ...asked, method: 'HEAD' })
    assert.deepEqual([head.statusCode, head.body], [503, ''])
  })
}

test('pages may stand in files, read at load', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-pages-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, '4xx.html')
  writeFileSync(file, 'Straße {status}')
  const { inject, close } = await gateway({ pages: { '4xx': { file } } })
  t.after(close)
  rmSync(file)
  const answer = await inject({ url: '/limited', headers: { accept: BROWSER } })
  assert.equal(answer.body, 'Straße 429')
  await assert.rejects(gateway({ pages: { '4xx': { file } } }), /error-pages: ENOENT.*4xx\.html/)
})

const QUALITIES: readonly (readonly [accept: string | undefined, type: string, q: number])[] = [
  [undefined, 'text/html', 1],
  [' ', 'text/html', 1],
  ['text/html', 'text/html', 1],
  ['TEXT/HTML ; Q=0.3', 'text/html', 0.3],
  ['text/*;q=0.2, */*;q=0.1', 'text/html', 0.2],
  ['text/html;q=0, */*', 'text/html', 0],
  ['text/html;level=1;q=0.4', 'text/html', 0.4],
  ['text/html;q=2', 'text/html', 0],
  ['text/html;q=x', 'text/html', 0],
  ['image/png', 'text/html', 0],
  [',;,/', 'text/html', 0],
]

for (const [accept, type, quality] of QUALITIES) {
  test(`Accept: ${accept} wants ${type} by ${quality}`, () => {
    assert.equal(qualityOf(accept, type), quality)
  })
}

const WRONG: readonly (readonly [pages: object, problem: string])[] = [
  [{}, '/pages must have a page at least'],
  [{ 200: 'x' }, "/pages \"200\" is no status of an error; write 404, '4xx' or '5xx'"],
  [{ 404: 5 }, '/pages 404: must be a text, { file } or { html, json }'],
  [{ 404: '' }, '/pages 404: must not be empty'],
  [{ 404: {} }, '/pages 404: must have html, json or text'],
  [{ 404: { htm: 'x' } }, '/pages 404: unknown key "htm"; allowed: file, html, json, text'],
  [{ 404: { html: { fil: 'x' } } }, '/pages 404: html must be a text or { file } with a path'],
]

for (const [pages, problem] of WRONG) {
  test(`refused at load: ${JSON.stringify(pages)}`, () => {
    assert.throws(
      () => instantiate(errorPages({ pages } as never)),
      (error: Error) => {
        assert.ok(error.message.includes(problem), error.message)
        return true
      },
    )
  })
}
