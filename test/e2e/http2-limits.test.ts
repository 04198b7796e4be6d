import assert from 'node:assert/strict'
import { once } from 'node:events'
import { constants } from 'node:http2'
import { describe, test } from 'node:test'
import { A } from '../support/certificates.ts'
import { waitFor, within } from '../support/deadline.ts'
import { answerText, OK, startEndpoint, startRawEndpoint } from '../support/endpoint-server.ts'
import {
  CONTINUATION,
  DATA,
  END_HEADERS,
  FrameClient,
  GOAWAY,
  headersFrame,
  PING,
  RST_STREAM,
  resetFrame,
  SETTINGS,
} from '../support/frame-client.ts'
import { startGatewayTo, whenIdle } from '../support/start-gateway.ts'
import { answerOf, ask, connectHttp2 } from '../support/stream-client.ts'

const { NGHTTP2_CANCEL, NGHTTP2_REFUSED_STREAM } = constants
const TLS = { listener: { tls: A } }
const WINDOW_UPDATE = 8
const ENDLESS = 2 ** 40
const GET = [
  [':method', 'GET'],
  [':scheme', 'https'],
  [':path', '/'],
  [':authority', 'a.test'],
] as const

describe('an HTTP/2 client that floods is cut off, and others are served', {
  concurrency: true,
}, () => {
  test('requests that are reset at once (CVE-2023-44487)', async (t) => {
    const endpoint = await startEndpoint(t)
    const { gateway, port } = await startGatewayTo(t, [endpoint.url], TLS)
    const client = await FrameClient.connect(t, port)
    const good = await connectHttp2(t, port)
    for (let i = 0; i < 2_000 && !client.isClosed; i++) {
      client.send(headersFrame(2 * i + 1, GET), resetFrame(2 * i + 1, NGHTTP2_CANCEL))
    }
    await client.closed()
    assert.equal(client.has(GOAWAY), true)
    assert.ok(endpoint.requests.length < 300, `${endpoint.requests.length} reached the endpoint`)
    assert.equal((await ask(good, {})).status, 200)
    await whenIdle(gateway)
  })

  test('a header block without end (CVE-2024-27316)', async (t) => {
    const { gateway, port } = await startGatewayTo(t, ['http://127.0.0.1:1'], TLS)
    const client = await FrameClient.connect(t, port)
    client.send(headersFrame(1, GET, 0))
    const { payload } = headersFrame(1, [['x', 'a'.repeat(1_000)]])
    for (let i = 0; i < 5_000 && !client.isClosed; i++) {
      client.send({ type: CONTINUATION, flags: 0, stream: 1, payload })
    }
    await client.closed()
    await whenIdle(gateway)
  })

  test('empty DATA frames without end', async (t) => {
    const endpoint = await startRawEndpoint(t, () => undefined)
    const { gateway, port } = await startGatewayTo(t, [endpoint.url], TLS)
    const client = await FrameClient.connect(t, port)
    client.send(headersFrame(1, [[':method', 'POST'], ...GET.slice(1)], END_HEADERS))
    const empty = { type: DATA, flags: 0, stream: 1, payload: Buffer.alloc(0) }
    client.send(...Array.from({ length: 20_000 }, () => empty))
    const good = await connectHttp2(t, port)
    await within(new Promise((resolve) => good.ping(resolve)), 'others are served')
    client.socket.destroy()
    await whenIdle(gateway)
  })

  for (const [what, frame] of Object.entries({
    PING: { type: PING, flags: 0, stream: 0, payload: Buffer.alloc(8) },
    SETTINGS: { type: SETTINGS, flags: 0, stream: 0, payload: Buffer.alloc(0) },
  })) {
    test(`${what} frames whose answers nobody reads`, async (t) => {
      const { gateway, port } = await startGatewayTo(t, ['http://127.0.0.1:1'], TLS)
      const client = await FrameClient.connect(t, port)
      client.socket.pause()
      const many = Array.from({ length: 10_000 }, () => frame)
      for (let i = 0; i < 100 && !client.socket.destroyed; i++) client.send(...many)
      const good = await connectHttp2(t, port)
      await within(new Promise((resolve) => good.ping(resolve)), 'others are served')
      client.socket.resume()
      client.socket.destroy()
      await waitFor(() => gateway.status().connections === 1, 'the connection is gone')
    })
  }

  test('malformed requests without end', async (t) => {
    const endpoint = await startEndpoint(t)
    const { port } = await startGatewayTo(t, [endpoint.url], TLS)
    const client = await FrameClient.connect(t, port)
    for (let i = 0; i < 2_000 && !client.isClosed; i++) {
      client.send(headersFrame(2 * i + 1, [...GET, ['connection', 'x']]))
      if (i % 100 === 99) await new Promise(setImmediate)
    }
    await client.closed()
    assert.deepEqual(endpoint.requests, [])
  })
})

test('a client whose answers break off at the endpoint is none that floods', async (t) => {
  const endpoint = await startRawEndpoint(t, async (socket, requests) => {
    await requests.next()
    socket.end('HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\nhalf')
  })
  const { gateway, port } = await startGatewayTo(t, [endpoint.url], TLS)
  const session = await connectHttp2(t, port)
  for (let round = 0; round < 5; round++) {
    const asked = Array.from({ length: 50 }, () => ask(session, {}))
    for (const { status } of await Promise.all(asked)) assert.equal(status, 200)
  }
  assert.equal(session.destroyed, false)
  await whenIdle(gateway)
})

test('a stream beyond a hundred at once is refused, unprocessed', async (t) => {
  const endpoint = await startRawEndpoint(t, () => undefined)
  const { gateway, port } = await startGatewayTo(t, [endpoint.url], TLS)
  const client = await FrameClient.connect(t, port)
  const heads = Array.from({ length: 101 }, (_, i) => headersFrame(2 * i + 1, GET))
  client.send(...heads)
  const refusal = await client.frame(RST_STREAM)
  assert.equal(refusal.payload.readUInt32BE(), NGHTTP2_REFUSED_STREAM)
  assert.equal(refusal.stream, 201)
  assert.equal(gateway.status().exchanges, 100)
  client.socket.destroy()
  await whenIdle(gateway)
})

describe('an HTTP/2 client that falls silent is let go of', { concurrency: true }, () => {
  const listener = {
    tls: A,
    headersTimeout: '200ms',
    requestTimeout: '1s',
    keepAliveTimeout: '300ms',
  } as const

  test('before its first word, at headersTimeout', async (t) => {
    const { gateway, port } = await startGatewayTo(t, ['http://127.0.0.1:1'], { listener })
    const { connect } = await import('node:tls')
    const socket = connect({
      port,
      host: '127.0.0.1',
      rejectUnauthorized: false,
      ALPNProtocols: ['h2'],
    })
    t.after(() => socket.destroy())
    socket.on('error', () => undefined)
    await within(once(socket, 'secureConnect'), 'a TLS connection')
    // It does not close its side, since it never hears of the end.
    await waitFor(() => gateway.status().connections === 0, 'no connection is left', 2_500)
  })

  test('between two requests, at keepAliveTimeout, with a goodbye', async (t) => {
    const endpoint = await startEndpoint(t)
    const { gateway, port } = await startGatewayTo(t, [endpoint.url], { listener })
    const session = await connectHttp2(t, port)
    assert.equal((await ask(session, {})).status, 200)
    await within(once(session, 'goaway'), 'a goodbye')
    await waitFor(() => gateway.status().connections === 0, 'no connection is left')
  })

  test('even if it never closes its side', async (t) => {
    const { gateway, port } = await startGatewayTo(t, ['http://127.0.0.1:1'], { listener })
    const client = await FrameClient.connect(t, port)
    await client.frame(SETTINGS)
    client.socket.pause()
    await waitFor(() => gateway.status().connections === 0, 'no connection is left')
  })

  test('while it takes nothing of an answer that waits for it', async (t) => {
    const endpoint = await startRawEndpoint(t, async (socket, requests) => {
      await requests.next()
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${ENDLESS}\r\n\r\n`)
      const piece = Buffer.alloc(2 ** 20)
      while (!socket.destroyed) {
        if (!socket.write(piece)) await once(socket, 'drain').catch(() => undefined)
      }
    })
    const { gateway, port } = await startGatewayTo(t, [endpoint.url], { listener })
    const client = await FrameClient.connect(t, port)
    const wide = Buffer.from([0, 4, 0x7f, 0xff, 0xff, 0xff])
    const more = Buffer.from([0x7f, 0, 0, 0])
    client.send({ type: SETTINGS, flags: 0, stream: 0, payload: wide })
    client.send({ type: WINDOW_UPDATE, flags: 0, stream: 0, payload: more }, headersFrame(1, GET))
    await client.frame(DATA, 1)
    client.socket.pause()
    await whenIdle(gateway)
    await waitFor(() => gateway.status().connections === 0, 'no connection is left')
  })

  test('within a body, at requestTimeout, with 408', async (t) => {
    const endpoint = await startEndpoint(t)
    const { gateway, port } = await startGatewayTo(t, [endpoint.url], { listener })
    const stream = (await connectHttp2(t, port)).request({ ':method': 'POST' })
    stream.write('half')
    assert.equal((await answerOf(stream)).status, 408)
    await whenIdle(gateway)
    assert.deepEqual(endpoint.requests, [])
  })

  test('but not while it waits for an answer', async (t) => {
    const endpoint = await startRawEndpoint(t, async (socket, requests) => {
      await requests.next()
      setTimeout(() => socket.write(OK), 2_500)
    })
    const { port } = await startGatewayTo(t, [endpoint.url], { listener })
    assert.equal((await ask(await connectHttp2(t, port), {})).status, 200)
  })
})

describe('a gateway that stops', { concurrency: true }, () => {
  test('says goodbye to HTTP/2 clients and finishes what is in flight', async (t) => {
    let finish: (() => void) | undefined
    const endpoint = await startRawEndpoint(t, async (socket, requests) => {
      await requests.next()
      finish = () => socket.write(answerText('x'.repeat(100_000)))
    })
    const { gateway, port } = await startGatewayTo(t, [endpoint.url], TLS)
    const session = await connectHttp2(t, port)
    const idle = await connectHttp2(t, port)
    const answer = ask(session, {})
    await waitFor(() => finish !== undefined, 'the request is at the endpoint')
    const goodbyes = Promise.all([once(session, 'goaway'), once(idle, 'goaway')])
    const closed = gateway.close()
    await within(goodbyes, 'goodbyes')
    finish?.()
    assert.equal((await answer).body.length, 100_000)
    await within(closed, 'the gateway is closed')
    await waitFor(() => session.destroyed && idle.destroyed, 'both sessions are over')
  })

  test('tells a client which streams it has not taken, and takes none of them', async (t) => {
    let finish: (() => void) | undefined
    const endpoint = await startEndpoint(t)
    const slow = await startRawEndpoint(t, async (socket, requests) => {
      await requests.next()
      finish = () => socket.write(OK)
    })
    const { gateway, port } = await startGatewayTo(t, [slow.url, endpoint.url], TLS)
    const client = await FrameClient.connect(t, port)
    client.send(headersFrame(1, GET))
    await waitFor(() => finish !== undefined, 'the request is at the endpoint')
    const closed = gateway.close()
    const goodbye = await client.frame(GOAWAY)
    assert.equal(goodbye.payload.readUInt32BE(), 1)
    client.send(headersFrame(3, GET))
    finish?.()
    assert.equal((await client.frame(DATA, 1)).payload.toString(), 'ok')
    await within(closed, 'the gateway is closed')
    assert.deepEqual(endpoint.requests, [])
    assert.equal(
      client.frames.some(({ stream }) => stream === 3),
      false,
    )
  })

  test('cuts streams that outlast shutdownTimeout', async (t) => {
    const endpoint = await startRawEndpoint(t, () => undefined)
    const { gateway, port } = await startGatewayTo(t, [endpoint.url], TLS)
    const session = await connectHttp2(t, port)
    const answer = ask(session, {})
    await waitFor(() => gateway.status().exchanges === 1, 'the request is taken')
    await within(gateway.close(), 'the gateway is closed')
    assert.equal((await answer).status, 0)
    await waitFor(() => gateway.status().connections === 0, 'no connection is left')
  })
})
