import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { waitFor } from '../support/deadline.ts'
import { OK, startEndpoint } from '../support/endpoint-server.ts'
import { headerOf, statusOf } from '../support/message-reader.ts'
import { exchange, RawClient } from '../support/raw-client.ts'
import { startGatewayTo, whenIdle } from '../support/start-gateway.ts'

const GET = 'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n'

/** What a client sends before it falls silent, and the status it gets; 0 for a bare end. */
const SILENT: readonly (readonly [string, string, number])[] = [
  ['within its first line', 'GET / HT', 408],
  ['within its headers', 'GET / HTTP/1.1\r\nHost: a.test\r\nX-A: b', 408],
  ['before its last line', 'GET / HTTP/1.1\r\nHost: a.test\r\n', 408],
  ['before its first byte', '', 408],
]

describe('a listener’s limits', { concurrency: true }, () => {
  describe('a client is let go of at headersTimeout when it falls silent', {
    concurrency: true,
  }, () => {
    for (const [when, bytes, status] of SILENT) {
      test(when, async (t) => {
        const endpoint = await startEndpoint(t)
        const listener = { headersTimeout: '200ms', requestTimeout: '10s' } as const
        const { gateway, port } = await startGatewayTo(t, [endpoint.url], { listener })
        const client = await RawClient.connect(t, port)
        client.send(bytes)
        assert.equal(statusOf(await client.answer()), status)
        assert.equal(await client.rest(), '')
        await waitFor(() => gateway.status().connections === 0, 'no connection is left')
        assert.equal(endpoint.accepted, 0)
      })
    }
  })

  test('a hundred slow clients are gone soon and do not hold the others up', async (t) => {
    const endpoint = await startEndpoint(t)
    const listener = { headersTimeout: '200ms', requestTimeout: '10s' } as const
    const { gateway, port } = await startGatewayTo(t, [endpoint.url], { listener })
    const slow = await Promise.all(Array.from({ length: 100 }, () => RawClient.connect(t, port)))
    for (const client of slow) client.send('GET / HTTP/1.1\r\nHost')
    assert.equal((await exchange(t, port, GET))?.body.toString(), 'ok')
    for (const client of slow) assert.equal(statusOf(await client.answer()), 408)
    await waitFor(() => gateway.status().connections === 0, 'no connection is left')
  })

  test('a body that is slower than requestTimeout is refused with 408 and given up', async (t) => {
    const endpoint = await startEndpoint(t)
    const listener = { headersTimeout: '200ms', requestTimeout: '300ms' } as const
    const { gateway, port } = await startGatewayTo(t, [endpoint.url], { listener })
    const client = await RawClient.connect(t, port)
    client.send('POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 9\r\n\r\nhalf')
    assert.equal(statusOf(await client.answer()), 408)
    assert.equal(await client.rest(), '')
    await whenIdle(gateway)
    assert.deepEqual(endpoint.requests, [])
  })

  test('an idle connection is closed at keepAliveTimeout, without a word', async (t) => {
    const endpoint = await startEndpoint(t, () => OK)
    const listener = { keepAliveTimeout: '100ms' } as const
    const { port } = await startGatewayTo(t, [endpoint.url], { listener })
    const client = await RawClient.connect(t, port)
    assert.equal(statusOf(await client.send(GET).answer()), 200)
    assert.equal(await client.rest(), '')
  })

  test('a head may be as large as maxHeaderSize says', async (t) => {
    const endpoint = await startEndpoint(t)
    const listener = { maxHeaderSize: '64kb' } as const
    const { port } = await startGatewayTo(t, [endpoint.url], { listener })
    const withBytes = (bytes: number): string =>
      GET.replace('\r\n\r\n', `\r\nX-A: ${'a'.repeat(bytes)}\r\n\r\n`)
    assert.equal(statusOf(await exchange(t, port, withBytes(60_000))), 200)
    assert.equal(headerOf(endpoint.requests[0], 'x-a')?.length, 60_000)
    assert.equal(statusOf(await exchange(t, port, withBytes(70_000))), 431)
  })
})
