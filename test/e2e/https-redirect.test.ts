import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { ListenerConfig } from 'sluice'
import { startEndpoint } from '../support/endpoint-server.ts'
import { headerOf, statusOf } from '../support/message-reader.ts'
import { exchange } from '../support/raw-client.ts'
import { startGatewayTo, whenIdle } from '../support/start-gateway.ts'
import type { Teardown } from '../support/teardown.ts'

type Redirect = NonNullable<ListenerConfig['redirect']>

const CASES: readonly (readonly [line: string, host: string, status: number, to?: string])[] = [
  ['GET /a/b?c=d', 'a.test', 301, 'https://a.test/a/b?c=d'],
  ['HEAD /', 'a.test:8080', 301, 'https://a.test/'],
  ['POST /form', 'A.test', 308, 'https://A.test/form'],
  ['DELETE /x', '[::1]:80', 308, 'https://[::1]/x'],
  ['GET //evil.test/x', 'a.test', 301, 'https://a.test//evil.test/x'],
  ['GET /\\evil.test', 'a.test', 301, 'https://a.test/\\evil.test'],
  ['GET http://b.test/x', 'a.test', 301, 'https://b.test/x'],
  ['GET /\xe9', 'a.test', 400],
  ['GET /x', 'a.test@evil.test', 400],
  ['GET /x', "a.test'(evil)", 400],
  ['GET /x', 'a.test/evil', 400],
  ['GET /x', '', 400],
  ['GET /../x', 'a.test', 400],
]

describe('a listener that redirects', () => {
  for (const [line, host, status, to] of CASES) {
    test(`answers ${line} to ${host || 'no host'} with ${status}`, async (t) => {
      const answer = await redirected(t, 'https', `${line} HTTP/1.1\r\nHost: ${host}\r\n\r\n`)
      assert.equal(statusOf(answer), status)
      assert.equal(headerOf(answer, 'location'), to)
    })
  }

  test('names another port and status when it is told to', async (t) => {
    const redirect = { to: 'https', port: 8443, status: 307 } as const
    const answer = await redirected(t, redirect, 'GET /x HTTP/1.1\r\nHost: a.test:8080\r\n\r\n')
    assert.equal(statusOf(answer), 307)
    assert.equal(headerOf(answer, 'location'), 'https://a.test:8443/x')
  })

  test('redirects a client of HTTP/1.0 that names its host, and no other', async (t) => {
    const named = await redirected(t, 'https', 'GET / HTTP/1.0\r\nHost: a.test\r\n\r\n')
    const unnamed = await redirected(t, 'https', 'GET / HTTP/1.0\r\n\r\n')
    assert.deepEqual([statusOf(named), statusOf(unnamed)], [301, 400])
  })
})

async function redirected(t: Teardown, redirect: Redirect, bytes: string) {
  const endpoint = await startEndpoint(t)
  const { gateway, port } = await startGatewayTo(t, [endpoint.url], { listener: { redirect } })
  const answer = await exchange(t, port, bytes, { isBodiless: bytes.startsWith('HEAD') })
  await whenIdle(gateway)
  assert.deepEqual(endpoint.requests, [])
  return answer
}
