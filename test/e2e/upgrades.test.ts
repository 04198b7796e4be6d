import assert from 'node:assert/strict'
import { once } from 'node:events'
import { describe, type TestContext, test } from 'node:test'
import type { TlsOptions } from 'node:tls'
import type { ClientOptions } from 'ws'
import { waitFor, within } from '../support/deadline.ts'
import { startEndpoint, startRawEndpoint } from '../support/endpoint-server.ts'
import { LANES } from '../support/lanes.ts'
import { headerOf, statusOf } from '../support/message-reader.ts'
import { exchange, RawClient } from '../support/raw-client.ts'
import { SELF_SIGNED } from '../support/self-signed.ts'
import { inflightOf, startGatewayTo, whenIdle } from '../support/start-gateway.ts'
import { openSocket, startEcho } from '../support/web-socket-echo.ts'

const UPGRADE =
  'GET /ws HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: echo\r\nX-A: b\r\n\r\n'
const SWITCHED = 'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: echo\r\n'
const GET = 'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n'

/** A WebSocket endpoint that echoes, behind a gateway. */
async function startBehind(t: TestContext, plugins = LANES['straight to the client']!) {
  const { url, sockets } = await startEcho(t)
  const { gateway, port } = await startGatewayTo(t, [url], { route: { plugins } })
  const open = (options?: ClientOptions, protocols?: string[]) =>
    openSocket(t, port, options, protocols)
  return { gateway, port, sockets, open }
}

for (const [lane, plugins] of Object.entries(LANES)) {
  describe(`${lane}: a WebSocket`, () => {
    test('carries texts and bytes of every size in order', async (t) => {
      const { gateway, open } = await startBehind(t, plugins)
      const socket = await open()
      const sizes = [0, 1, 125, 126, 65_535, 65_536, 2 ** 20]
      for (const size of sizes) socket.send(Buffer.alloc(size, 'x'))
      socket.send('text')
      const echoed: number[] = []
      await within(
        new Promise<void>((resolve) => {
          socket.on('message', (data: Buffer, isBinary) => {
            if (isBinary) echoed.push(data.length)
            else resolve()
          })
        }),
        'every message comes back',
      )
      assert.deepEqual(echoed, sizes)
      assert.equal(inflightOf(gateway), 1)
      assert.equal(gateway.status().tunnels, 1)
    })

    test('negotiates a subprotocol and compression with the endpoint', async (t) => {
      const { open } = await startBehind(t, plugins)
      const socket = await open({ perMessageDeflate: { threshold: 0 } }, ['other', 'chat'])
      assert.equal(socket.protocol, 'chat')
      assert.match(socket.extensions, /permessage-deflate/)
      socket.send('a'.repeat(100_000))
      const [data] = await within(once(socket, 'message'), 'the echo')
      assert.equal(String(data).length, 100_000)
    })

    test('that its client closes is closed at the endpoint, and counted no more', async (t) => {
      const { gateway, sockets, open } = await startBehind(t, plugins)
      const socket = await open()
      socket.close(1000, 'bye')
      const [code] = await within(once(socket, 'close'), 'the closing handshake')
      assert.equal(code, 1000)
      await whenIdle(gateway)
      await waitFor(() => sockets.clients.size === 0, 'the endpoint’s side is closed')
      assert.equal(gateway.status().tunnels, 0)
    })

    test('whose client vanishes is closed at the endpoint', async (t) => {
      const { gateway, sockets, open } = await startBehind(t, plugins)
      const socket = await open()
      socket.terminate()
      await waitFor(() => sockets.clients.size === 0, 'the endpoint’s side is closed')
      await whenIdle(gateway)
    })

    test('whose endpoint vanishes is closed at the client', async (t) => {
      const { gateway, sockets, open } = await startBehind(t, plugins)
      const socket = await open()
      const closed = once(socket, 'close')
      for (const client of sockets.clients) client.terminate()
      const [code] = await within(closed, 'the client’s side is closed')
      assert.equal(code, 1006)
      await whenIdle(gateway)
      await waitFor(() => gateway.status().connections === 0, 'no connection is left')
    })
  })

  describe(`${lane}: an upgrade`, () => {
    test('is asked of the endpoint, and its bytes are relayed unread', async (t) => {
      const heads: string[] = []
      const endpoint = await startRawEndpoint(t, async (socket, requests) => {
        const head = await requests.head()
        heads.push(
          head?.startLine ?? '',
          headerOf(head, 'upgrade') ?? '',
          headerOf(head, 'x-a') ?? '',
        )
        heads.push(headerOf(head, 'connection') ?? '', headerOf(head, 'x-forwarded-for') ?? '')
        socket.write(`${SWITCHED}x-c: d\r\n\r\nfirst`)
        socket.end(`\0\xff${await requests.bytes(14)}`, 'latin1')
      })
      const { gateway, port } = await startGatewayTo(t, [endpoint.url], { route: { plugins } })
      const client = await RawClient.connect(t, port)
      const answer = await client.send(`${UPGRADE}early `).head()
      assert.equal(answer?.startLine, 'HTTP/1.1 101 Switching Protocols')
      assert.deepEqual(
        ['connection', 'upgrade', 'x-c'].map((name) => headerOf(answer, name)?.toLowerCase()),
        ['upgrade', 'echo', 'd'],
      )
      client.send('late \x00\x01\xfe')
      assert.equal(await client.rest(), 'first\0\xffearly late \x00\x01\xfe')
      client.socket.end()
      assert.deepEqual(heads, ['GET /ws HTTP/1.1', 'echo', 'b', 'upgrade', '127.0.0.1'])
      await whenIdle(gateway)
    })

    test('goes on in one direction when its client ends its own', async (t) => {
      const endpoint = await startRawEndpoint(
        t,
        async (socket, requests) => {
          await requests.head()
          socket.write(`${SWITCHED}\r\n`)
          socket.end(`last words behind ${await requests.rest()}`)
        },
        { allowHalfOpen: true },
      )
      const { gateway, port } = await startGatewayTo(t, [endpoint.url], { route: { plugins } })
      const client = await RawClient.connect(t, port)
      await client.send(UPGRADE).head()
      client.send('bye').socket.end()
      assert.equal(await client.rest(), 'last words behind bye')
      await whenIdle(gateway)
    })

    test('is joined through TLS as well, ends included', async (t) => {
      const endpoint = await startRawEndpoint(
        t,
        async (socket, requests) => {
          await requests.head()
          socket.write(`${SWITCHED}\r\nfirst `)
          socket.end(`last words behind ${await requests.rest()}`)
        },
        { tls: { ...SELF_SIGNED, allowHalfOpen: true } as TlsOptions },
      )
      const upstream = { tls: { insecure: true } }
      const differences = { route: { plugins }, upstream }
      const { gateway, port } = await startGatewayTo(t, [endpoint.url], differences)
      const client = await RawClient.connect(t, port)
      await client.send(UPGRADE).head()
      const upload = 'x'.repeat(300_000)
      client.send(upload).socket.end()
      assert.equal(await client.rest(), `first last words behind ${upload}`)
      await whenIdle(gateway)
    })

    test('that the endpoint refuses gets the endpoint’s own answer', async (t) => {
      const body = 'no entry'
      const bytes = `HTTP/1.1 401 Go Away\r\nwww-authenticate: Basic\r\ncontent-length: 8\r\n\r\n${body}`
      const endpoint = await startEndpoint(t, () => bytes)
      const { gateway, port } = await startGatewayTo(t, [endpoint.url], { route: { plugins } })
      const answer = await exchange(t, port, UPGRADE)
      assert.equal(statusOf(answer), 401)
      assert.equal(headerOf(answer, 'www-authenticate'), 'Basic')
      assert.equal(answer?.body.toString(), body)
      await whenIdle(gateway)
      await waitFor(() => gateway.status().connections === 0, 'no connection is left')
    })

    test('that the endpoint answers with 200 gets that answer whole', async (t) => {
      const endpoint = await startEndpoint(
        t,
        () => `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n`,
      )
      const { gateway, port } = await startGatewayTo(t, [endpoint.url], { route: { plugins } })
      assert.equal((await exchange(t, port, UPGRADE))?.body.toString(), 'ok')
      await whenIdle(gateway)
    })

    test('to nowhere is 404, and to an endpoint that is gone 502', async (t) => {
      const endpoint = await startEndpoint(t)
      endpoint.close()
      const route = { path: '/ws', plugins }
      const { gateway, port } = await startGatewayTo(t, [endpoint.url], { route })
      assert.equal(statusOf(await exchange(t, port, UPGRADE.replace('/ws', '/x'))), 404)
      assert.equal(statusOf(await exchange(t, port, UPGRADE)), 502)
      await whenIdle(gateway)
      await waitFor(() => gateway.status().connections === 0, 'no connection is left')
    })

    test('whose client leaves before the endpoint answers is given up', async (t) => {
      const endpoint = await startRawEndpoint(t, (_socket, requests) => requests.head())
      const { gateway, port } = await startGatewayTo(t, [endpoint.url], { route: { plugins } })
      const client = await RawClient.connect(t, port)
      client.send(UPGRADE)
      await waitFor(() => endpoint.sockets.size === 1, 'the endpoint is asked')
      const [socket] = endpoint.sockets
      client.socket.destroy()
      await waitFor(() => socket?.destroyed === true, 'the endpoint’s connection is closed')
      await whenIdle(gateway)
    })

    test('behind a good request does not lose that request’s answer', async (t) => {
      const endpoint = await startEndpoint(t)
      const { gateway, port } = await startGatewayTo(t, [endpoint.url], { route: { plugins } })
      const client = await RawClient.connect(t, port)
      client.send(GET + UPGRADE)
      assert.equal((await client.answer())?.body.toString(), 'ok')
      await whenIdle(gateway)
    })
  })
}

/** Heads that ask for something like an upgrade and are ordinary requests. */
const ORDINARY: Readonly<Record<string, string>> = {
  h2c: 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQ\r\n\r\n',
  'without Connection: upgrade': 'Upgrade: websocket\r\n\r\n',
  'with a body': 'Connection: upgrade\r\nUpgrade: echo\r\nContent-Length: 2\r\n\r\nok',
  'with a body in chunks':
    'Connection: upgrade\r\nUpgrade: echo\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
}

describe('an upgrade that may be ignored is an ordinary request', () => {
  for (const [name, lines] of Object.entries(ORDINARY)) {
    test(name, async (t) => {
      const endpoint = await startEndpoint(t)
      const { gateway, port } = await startGatewayTo(t, [endpoint.url])
      const client = await RawClient.connect(t, port)
      client.send(`POST / HTTP/1.1\r\nHost: a.test\r\n${lines}`)
      const answer = await client.answer()
      assert.equal(answer?.body.toString(), 'ok')
      // Node would lose bytes behind a body here: that connection ends.
      const stays = headerOf(answer, 'connection') === 'keep-alive'
      assert.equal(stays, !name.startsWith('with a body'))
      if (stays) assert.equal((await client.send(GET).answer())?.body.toString(), 'ok')
      assert.equal(headerOf(endpoint.requests[0], 'upgrade'), undefined)
      await whenIdle(gateway)
    })
  }
})
