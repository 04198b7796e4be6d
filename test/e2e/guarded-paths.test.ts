import assert from 'node:assert/strict'
import { after, beforeEach, describe, test } from 'node:test'
import { native } from 'sluice'
import { roundRobin } from 'sluice/plugins'
import { startEndpoint } from '../support/endpoint-server.ts'
import { statusOf } from '../support/message-reader.ts'
import { exchange } from '../support/raw-client.ts'
import { startGateway } from '../support/start-gateway.ts'

// Guards were passed where a guard, a router and an endpoint each saw another path (Fastify's
// express CVE-2026-22037 and -33808, static CVE-2026-15074). Here all see the same bytes.

const seen: string[] = []

/** A native hook: what any Fastify plugin of somebody's would decide by. */
const watching = Object.assign(
  async (app: { addHook(name: 'onRequest', hook: (req: { url: string }) => void): unknown }) => {
    app.addHook('onRequest', async ({ url }) => {
      seen.push(url)
    })
  },
  { [Symbol.for('skip-override')]: true },
)

const file = { after }
const endpoint = await startEndpoint(file)
const { port } = await startGateway<'it'>(file, {
  http: { port: 0, host: '127.0.0.1' },
  upstreams: { it: { endpoints: [endpoint.url], balance: roundRobin() } },
  routes: [
    { path: '/admin', respond: { status: 403 } },
    { path: '/', to: 'it', plugins: [native(watching, {})] },
  ],
})

beforeEach(() => {
  endpoint.requests.length = 0
  seen.length = 0
})

const GUARDED = [
  '/admin',
  '/admin/',
  '/admin/x',
  '/admin?x=/../',
  '/%61dmin',
  '/admi%6E/x',
  'http://a.test/admin',
]
const REFUSED = [
  '/./admin',
  '/x/../admin',
  '/%2e/admin',
  '/x/%2e%2e/admin',
  '/x/..%2fadmin',
  '/x\\..\\admin',
  '/admin%00',
]
const OTHERS = [
  '/ADMIN',
  '/adminx',
  '/admin;x',
  '//admin',
  '/%2fadmin',
  '/x/%252e%252e/admin',
  '/\\evil/x',
  '/admin%20',
]

function ask(t: { after(run: () => unknown): void }, target: string) {
  return exchange(t, port, `GET ${target} HTTP/1.1\r\nHost: a.test\r\n\r\n`)
}

describe('a path that means the same for every reader is guarded', () => {
  for (const target of GUARDED) {
    test(target, async (t) => {
      assert.equal(statusOf(await ask(t, target)), 403)
      assert.equal(endpoint.requests.length, 0)
    })
  }
})

describe('a path that readers resolve differently is refused', () => {
  for (const target of REFUSED) {
    test(target, async (t) => {
      assert.equal(statusOf(await ask(t, target)), 400)
      assert.equal(endpoint.requests.length, 0)
    })
  }
})

describe('another path is another one for router, hooks and endpoint alike', () => {
  for (const target of OTHERS) {
    test(target, async (t) => {
      assert.equal(statusOf(await ask(t, target)), 200)
      assert.deepEqual(seen, [target])
      assert.equal(endpoint.requests[0]?.startLine, `GET ${target} HTTP/1.1`)
    })
  }
})
