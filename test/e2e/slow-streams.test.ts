import assert from 'node:assert/strict'
import { once } from 'node:events'
import { describe, test } from 'node:test'
import { A } from '../support/certificates.ts'
import { within } from '../support/deadline.ts'
import { startEndpoint, startRawEndpoint } from '../support/endpoint-server.ts'
import { startSlowLine } from '../support/slow-line.ts'
import { startGatewayTo, whenIdle } from '../support/start-gateway.ts'
import { answerOf, ask, connectHttp2 } from '../support/stream-client.ts'

const listener = { tls: A, minRate: { bytes: 1_000, grace: '1s' } } as const

describe('an HTTP/2 stream', { concurrency: true }, () => {
  test('whose body hardly moves is refused with 408, and others go on', async (t) => {
    const endpoint = await startEndpoint(t)
    const { gateway, port } = await startGatewayTo(t, [endpoint.url], { listener })
    const session = await connectHttp2(t, port)
    const slow = session.request({ ':method': 'POST' })
    slow.write('half')
    assert.equal((await answerOf(slow)).status, 408)
    assert.equal((await ask(session, {})).status, 200)
    await whenIdle(gateway)
  })

  test('whose answer is not read is reset, and others go on', async (t) => {
    const endpoint = await startRawEndpoint(t, async (socket, requests) => {
      const request = await requests.next()
      const isBig = request?.startLine.includes('/big') === true
      const length = isBig ? 64 * 2 ** 20 : 2
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${length}\r\n\r\n`)
      socket.write(Buffer.alloc(length, 'a'))
    })
    const { gateway, port } = await startGatewayTo(t, [endpoint.url], { listener })
    const session = await connectHttp2(t, port)
    const slow = session.request({ ':path': '/big' })
    slow.on('error', () => undefined)
    slow.once('response', () => slow.pause())
    await within(once(slow, 'response'), 'the head')
    await whenIdle(gateway)
    assert.equal((await ask(session, {})).status, 200)
  })

  test('that waits for its turn on a slow line is not slow', async (t) => {
    const endpoint = await startEndpoint(t)
    const { port } = await startGatewayTo(t, [endpoint.url], { listener })
    const session = await connectHttp2(t, await startSlowLine(t, port, 170_000))
    const body = Buffer.alloc(100_000, 'a')
    const uploads = Array.from({ length: 6 }, () => ask(session, { ':method': 'POST' }, body))
    for (const { status } of await Promise.all(uploads)) assert.equal(status, 200)
  })

  test('that waits for its answer is not slow', async (t) => {
    const endpoint = await startRawEndpoint(t, async (socket, requests) => {
      await requests.next()
      setTimeout(() => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'), 3_000)
    })
    const { port } = await startGatewayTo(t, [endpoint.url], { listener })
    assert.equal((await ask(await connectHttp2(t, port), {})).status, 200)
  })
})
