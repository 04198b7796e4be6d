import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { defineGateway, type RouteConfig } from 'sluice'
import { roundRobin } from 'sluice/plugins'
import { answerText, startEndpoint } from '../support/endpoint-server.ts'
import { LANES } from '../support/lanes.ts'
import { headerOf, statusOf } from '../support/message-reader.ts'
import { exchange } from '../support/raw-client.ts'
import { startGateway } from '../support/start-gateway.ts'

type Conditional = Omit<RouteConfig, 'to' | 'plugins'>

const ROUTES: Readonly<Record<string, Conditional>> = {
  plain: { path: '/app', methods: ['GET', 'POST'] },
  beta: { path: '/app', headers: { 'X-Beta': '1' }, methods: ['GET', 'POST'] },
  old: { path: '/app', query: { version: /^1(\.|$)/ }, methods: ['GET', 'POST'] },
  city: { path: '/app', query: { city: 'São Paulo' }, methods: ['GET', 'POST'] },
  tester: { path: '/app', cookies: { tester: true }, methods: ['GET', 'POST'] },
  both: { path: '/app', headers: { 'x-beta': '1' }, cookies: { tester: true }, methods: ['GET'] },
  anonymous: { path: '/me', cookies: { session: false } },
  known: { path: '/me', cookies: { session: true }, methods: ['DELETE'] },
}

const ASKED: readonly (readonly [target: string, lines: string, answer: string])[] = [
  ['GET /app', '', 'plain'],
  ['GET /app', 'x-BETA: 1', 'beta'],
  ['GET /app', 'X-Beta:1 ', 'beta'],
  ['GET /app', 'X-Beta: 2', 'plain'],
  ['GET /app', 'X-Beta: 2\r\nX-Beta: 1', 'plain'],
  ['GET /app?version=1.2', '', 'old'],
  ['GET /app?v%65rsion=%31', '', 'old'],
  ['GET /app?version=11', '', 'plain'],
  ['GET /app?version=2&version=1', '', 'plain'],
  ['GET /app?city=S%C3%A3o+Paulo', '', 'city'],
  ['GET /app', 'Cookie: a=b; tester=1', 'tester'],
  ['GET /app', 'Cookie: tester="', 'plain'],
  ['GET /app', 'Cookie: xtester=1', 'plain'],
  ['GET /app', 'Cookie: tester=1\r\nX-Beta: 1', 'both'],
  ['POST /app', 'Content-Length: 0\r\nCookie: tester=1\r\nX-Beta: 1', 'beta'],
  ['GET /me', '', 'anonymous'],
  ['DELETE /me', 'Cookie: session=7', 'known'],
]

for (const [lane, plugins] of Object.entries(LANES)) {
  describe(`${lane}: conditions`, () => {
    for (const [target, lines, answer] of ASKED) {
      test(`${target} with ${JSON.stringify(lines)} goes to ${answer}`, async (t) => {
        const { ask } = await start(t, plugins)
        const [method = '', url = ''] = target.split(' ')
        assert.equal((await ask(method, url, lines))?.body.toString(), answer)
      })
    }

    test('fail with 404 where no route is left, with 405 where only the method differs', async (t) => {
      const { ask } = await start(t, plugins)
      const refused = await ask('PUT', '/me', 'Cookie: session=7')
      assert.deepEqual([statusOf(refused), headerOf(refused, 'allow')], [405, 'DELETE'])
      const app = await ask('PUT', '/app', '')
      assert.deepEqual([statusOf(app), headerOf(app, 'allow')], [405, 'GET, POST'])
      assert.equal(statusOf(await ask('GET', '/other', 'X-Beta: 1')), 404)
    })
  })
}

async function start(t: TestContext, plugins: NonNullable<RouteConfig['plugins']>) {
  const upstreams: Record<string, { endpoints: string[]; balance: ReturnType<typeof roundRobin> }> =
    {}
  for (const name of Object.keys(ROUTES)) {
    const endpoint = await startEndpoint(t, () => answerText(name))
    upstreams[name] = { endpoints: [endpoint.url], balance: roundRobin() }
  }
  const routes = Object.entries(ROUTES).map(([to, route]) => ({ ...route, to, plugins }))
  const http = { port: 0, host: '127.0.0.1' }
  const { port } = await startGateway(t, defineGateway<string>({ http, upstreams, routes }))
  const ask = (method: string, target: string, lines: string) => {
    const more = lines === '' ? '' : `${lines}\r\n`
    return exchange(t, port, `${method} ${target} HTTP/1.1\r\nHost: a.test\r\n${more}\r\n`)
  }
  return { ask }
}
