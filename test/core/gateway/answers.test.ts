import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FastifyInstance } from 'fastify'
import { defineGateway, definePlugin, native, type Plugin, type PluginUse, Type } from 'sluice'
import { roundRobin } from 'sluice/plugins'
import { createTestGateway } from 'sluice/testing'

const USERS = 'http://users.test'

function use(instance: Plugin, name = 'under-test'): PluginUse {
  return definePlugin({ name, options: Type.Object({}), create: () => instance })()
}

const stamping = use({
  answer(exchange, answer) {
    answer.setHeader('x-status', String(answer.status))
    answer.removeHeader('x-inner')
    answer.addHeader('x-id', exchange.id)
  },
})

const replying = use(
  {
    request(exchange) {
      if (exchange.target === '/reply') exchange.reply(401, { 'x-inner': 'a' }, 'no')
      if (exchange.target === '/refuse') exchange.refuse(429, 'Too many.', { 'retry-after': '2' })
    },
  },
  'replying',
)

function gateway(plugins: PluginUse[], more: { native?: boolean } = {}) {
  return createTestGateway(
    defineGateway({
      http: { port: 0 },
      upstreams: { users: { endpoints: [USERS, 'http://gone.test'], balance: roundRobin() } },
      routes: [
        {
          path: '/',
          methods: ['GET'],
          to: 'users',
          plugins: [...(more.native ? [native(async () => undefined)] : []), replying],
        },
      ],
      plugins,
    }),
    { endpoints: { [USERS]: () => ({ headers: { 'x-inner': 'secret' }, body: 'fine' }) } },
  )
}

for (const isNative of [false, true]) {
  const lane = isNative ? 'through native plugins' : 'straight to the client'
  test(`${lane}: answer sees every head, whoever answers`, async (t) => {
    const { inject, close } = await gateway([stamping], { native: isNative })
    t.after(close)
    const answers = [
      await inject('/'),
      await inject('/'),
      await inject('/reply'),
      await inject('/refuse'),
      await inject({ method: 'PUT', url: '/' }),
      await inject('/a/../b%2e%2e/%zz'),
    ]
    assert.deepEqual(
      answers.map(({ statusCode }) => statusCode),
      [200, 502, 401, 429, 405, 400],
    )
    for (const { statusCode, headers } of answers) {
      assert.equal(headers['x-status'], String(statusCode))
      assert.equal(headers['x-inner'], undefined)
      assert.match(String(headers['x-id']), /^\w+-\w+$/)
    }
  })
}

test('a plugin’s refusal is a problem document with HTTP’s title', async (t) => {
  const { inject, close } = await gateway([])
  t.after(close)
  const answer = await inject('/refuse')
  assert.equal(answer.headers['content-type'], 'application/problem+json')
  assert.equal(answer.headers['retry-after'], '2')
  const { instance, ...document } = answer.json()
  assert.deepEqual(document, {
    type: 'about:blank',
    title: 'Too Many Requests',
    status: 429,
    detail: 'Too many.',
  })
  assert.equal(typeof instance, 'string')
})

test('a status that refuses nothing is the plugin’s error', async (t) => {
  const broken = use({ request: (exchange) => exchange.refuse(200, 'fine') })
  const { inject, close, logged } = await gateway([broken])
  t.after(close)
  assert.equal((await inject('/')).statusCode, 500)
  assert.equal(logged.length, 1)
})

test('the first plugin with a page answers in place of the problem document', async (t) => {
  const asked: string[] = []
  const paging = (name: string, page: boolean): PluginUse =>
    use(
      {
        refused(_exchange, { status, title }) {
          asked.push(name)
          if (!page) return undefined
          return { headers: { 'content-type': 'text/html' }, body: `<h1>${status} ${title}</h1>` }
        },
      },
      name,
    )
  const { inject, close } = await gateway([
    paging('none', false),
    paging('one', true),
    paging('two', true),
  ])
  t.after(close)
  assert.equal((await inject('/')).body, 'fine')
  assert.deepEqual(asked, [])
  const missing = await inject({ method: 'PUT', url: '/' })
  assert.equal(missing.body, '<h1>405 Method Not Allowed</h1>')
  assert.equal(missing.headers['content-type'], 'text/html')
  assert.equal(missing.headers.allow, 'GET')
  assert.equal((await inject('/refuse')).body, '<h1>429 Too Many Requests</h1>')
  assert.deepEqual(asked, ['none', 'one', 'none', 'one'])
})

test('refused and answer facets that throw cost no answer', async (t) => {
  const broken = use({
    refused() {
      throw new Error('no page')
    },
    answer() {
      throw new Error('no stamp')
    },
  })
  const { inject, close, logged } = await gateway([broken])
  t.after(close)
  const refused = await inject({ method: 'PUT', url: '/' })
  assert.equal(refused.statusCode, 405)
  assert.equal(refused.headers['content-type'], 'application/problem+json')
  assert.equal((await inject('/')).body, 'fine')
  assert.equal(logged.length, 3)
})

test('a native plugin’s refusal gets the page too', async (t) => {
  const page = use({
    refused: (_exchange, { status, detail }) => ({
      headers: { 'content-type': 'text/plain' },
      body: `${status} ${detail}`,
    }),
  })
  const refusing = async (scope: FastifyInstance): Promise<void> => {
    scope.addHook('onRequest', async () => {
      throw Object.assign(new Error('not today'), { statusCode: 403 })
    })
  }
  Object.assign(refusing, { [Symbol.for('skip-override')]: true })
  const { inject, close } = await createTestGateway(
    defineGateway({
      http: { port: 0 },
      upstreams: { users: { endpoints: [USERS], balance: roundRobin() } },
      routes: [{ path: '/', to: 'users', plugins: [native(refusing)] }],
      plugins: [page],
    }),
    { endpoints: {} },
  )
  t.after(close)
  const answer = await inject('/')
  assert.deepEqual([answer.statusCode, answer.body], [403, '403 not today'])
  assert.match(String(answer.headers['content-type']), /^text\/plain/)
})

test('headers of the request are added, renamed and identified as plugins say', async (t) => {
  const changing = use({
    request(exchange) {
      exchange.identify('from-outside')
      exchange.addHeader('x-tag', 'b')
      exchange.addHeader('x-tag', 'c')
      exchange.setHeader('x-user', 'ada')
      exchange.renameHeader('X-User', 'x-account')
      exchange.renameHeader('X-Old', 'x-new')
      exchange.renameHeader('x-absent', 'x-kept')
      exchange.renameHeader('x-real-ip', 'x-forged')
    },
  })
  let sent: Readonly<Record<string, string>> = {}
  const { inject, close } = await createTestGateway(
    defineGateway({
      http: { port: 0 },
      upstreams: { users: { endpoints: [USERS], balance: roundRobin() } },
      routes: [{ path: '/', to: 'users', plugins: [changing] }],
    }),
    {
      endpoints: {
        [USERS](request) {
          sent = request.headers
          return { status: 502 }
        },
      },
    },
  )
  t.after(close)
  await inject({
    url: '/',
    headers: { 'x-tag': 'a', 'x-old': ['1', '2'], 'x-kept': 'k', 'x-real-ip': '6.6.6.6' } as never,
  })
  assert.equal(sent['x-account'], 'ada')
  assert.equal(sent['x-user'], undefined)
  assert.equal(sent['x-old'], undefined)
  assert.equal(sent['x-kept'], 'k')
  assert.equal(sent['x-forged'], undefined)
  assert.match(String(sent['x-tag']), /a.*b.*c|c/)
  assert.ok(sent['x-new'] !== undefined)
})
