import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Exchange, KeySource } from 'sluice'
import { rendezvous } from 'sluice/plugins'
import { createTestGateway, type InjectOptions, type TestGateway } from 'sluice/testing'

const NAMES = Array.from({ length: 8 }, (_, n) => `e${n}`)
const VALUES = Array.from({ length: 40 }, (_, n) => `v${n}`)

/** A request for each value of a key. */
const REQUESTS: readonly [KeySource, (value: string) => InjectOptions][] = [
  ['ip', (value) => ({ url: '/', remoteAddress: `10.0.0.${value.slice(1)}` })],
  ['path', (value) => ({ url: `/files/${value}?t=${chance()}` })],
  [{ header: 'X-User' }, (value) => ({ url: '/', headers: { 'x-user': value } })],
  [
    { cookie: 'sid' },
    (value) => ({ url: '/', headers: { cookie: `a=${chance()}; sid=${value}` } }),
  ],
  [{ query: 'user id' }, (value) => ({ url: `/?t=${chance()}&user%20id=${value}` })],
  [{ param: 'user' }, (value) => ({ url: `/users/${value}/posts/${chance()}` })],
  [({ target }: Exchange) => target.split('/')[3], (value) => ({ url: `/a/b/${value}` })],
]

let drawn = 0
function chance(): string {
  drawn++
  return String(drawn)
}

for (const [by, requestOf] of REQUESTS) {
  const name = typeof by === 'function' ? 'a function' : JSON.stringify(by)
  test(`requests with equal keys by ${name} go to one endpoint, others elsewhere`, async () => {
    const { inject, close } = await gatewayBy(by)
    const places = async (): Promise<string[]> => {
      const found = []
      for (const value of VALUES) found.push((await inject(requestOf(value))).body)
      return found
    }
    const first = await places()
    assert.deepEqual(await places(), first)
    assert.ok(new Set(first).size > 5, `${first}`)
    await close()
  })
}

test('of a header that comes several times the first value counts', async () => {
  const { inject, close } = await gatewayBy({ header: 'x-user' })
  for (const user of VALUES) {
    const one = await inject({ url: '/', headers: { 'x-user': user } })
    const several = await inject({ url: '/', headers: { 'x-user': [user, 'other'] } })
    assert.equal(several.body, one.body)
  }
  await close()
})

test('a function that gives something else than a text fails its request, and says so', async () => {
  for (const wrong of [7, {}, true]) {
    const { inject, logged, close } = await gatewayBy((() => wrong) as never)
    assert.equal((await inject('/')).statusCode, 500)
    const [line] = logged.filter(({ level }) => level === 'error')
    assert.match(String(Reflect.get(line?.fields ?? {}, 'err')), /must give a string or undefined/)
    await close()
  }
})

test('requests for which a function knows no key are spread', async () => {
  for (const nothing of [undefined, null, '']) {
    const { inject, close } = await gatewayBy((() => nothing) as never)
    const places = new Set<string>()
    for (let n = 0; n < 60; n++) places.add((await inject('/')).body)
    assert.ok(places.size > 5)
    await close()
  }
})

test('a copy is hashed by what its own upstream says', async () => {
  const copies = new Map<string, Set<string>>()
  const shadow =
    (name: string) =>
    ({ headers }: { headers: Record<string, unknown> }) => {
      const user = String(headers['x-user'])
      copies.set(user, (copies.get(user) ?? new Set()).add(name))
      return {}
    }
  const names = NAMES.map((name) => `http://${name}.test`)
  let isRight = true
  const { inject, logged, close } = await createTestGateway(
    {
      http: { port: 0 },
      upstreams: {
        it: { endpoints: ['http://it.test'], balance: rendezvous({ by: 'ip' }) },
        shadow: {
          endpoints: names,
          balance: rendezvous({
            by: (exchange: Exchange) => (isRight ? exchange.header('x-user') : (7 as never)),
          }),
        },
      },
      routes: [{ to: 'it', mirror: { to: 'shadow' } }],
    },
    {
      endpoints: {
        'http://it.test': () => ({ body: 'ok' }),
        ...Object.fromEntries(NAMES.map((name) => [`http://${name}.test`, shadow(name)])),
      },
    },
  )
  for (const user of [...VALUES, ...VALUES, ...VALUES]) {
    assert.equal((await inject({ url: '/', headers: { 'x-user': user } })).body, 'ok')
  }
  assert.equal(copies.size, VALUES.length)
  for (const places of copies.values()) assert.equal(places.size, 1)
  isRight = false
  assert.equal((await inject('/')).statusCode, 200)
  assert.ok(logged.some(({ message }) => message === 'a plugin threw'))
  await close()
})

function gatewayBy(by: KeySource): Promise<TestGateway> {
  return createTestGateway(
    {
      http: { port: 0 },
      upstreams: {
        it: { endpoints: NAMES.map((name) => `http://${name}.test`), balance: rendezvous({ by }) },
      },
      routes: [
        { path: '/users/:user', to: 'it' },
        { path: '/', to: 'it' },
      ],
    },
    {
      endpoints: Object.fromEntries(
        NAMES.map((name) => [`http://${name}.test`, () => ({ body: name })]),
      ),
    },
  )
}
