import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { describe, type TestContext, test } from 'node:test'
import { type ConnectionOptions, connect, createServer } from 'node:tls'
import { roundRobin } from 'sluice/plugins'
import { writeProxyHeader } from '../../core/stream/proxy-header.ts'
import { A, B, CA, CLIENT } from '../support/certificates.ts'
import { waitFor, within } from '../support/deadline.ts'
import { startGateway } from '../support/start-gateway.ts'
import { startTcpEndpoint, startTcpGateway, TcpClient } from '../support/tcp.ts'

/** Speaks TLS to a port; gives what is said until the end, or the code of the error. */
async function say(port: number, text: string, options: ConnectionOptions = {}): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', ca: CA, servername: 'a.test', ...options })
  let got = ''
  socket.on('data', (chunk) => {
    got += chunk
  })
  socket.end(text)
  const over = new Promise<string>((resolve) => {
    socket.on('error', (error: Error & { code?: string }) => resolve(error.code ?? error.message))
    socket.on('end', () => resolve(got))
  })
  try {
    return await within(over, 'an answer')
  } finally {
    socket.destroy()
  }
}

async function startNamed(t: TestContext) {
  const named = (name: string) => startTcpEndpoint(t, (socket) => socket.end(name))
  const [a, b] = [await named('a'), await named('b')]
  const balance = roundRobin()
  return startGateway<'a' | 'b'>(t, {
    tcp: [
      {
        port: 0,
        host: '127.0.0.1',
        tls: { ...A, sni: { 'b.test': B } },
        routes: [
          { serverName: 'a.test', to: 'a' },
          { serverName: 'b.test', alpn: 'two', to: 'b' },
        ],
      },
    ],
    upstreams: { a: { endpoints: [a.url], balance }, b: { endpoints: [b.url], balance } },
    shutdownTimeout: '500ms',
  })
}

describe('TLS that ends here', { concurrency: true }, () => {
  test('is verified by clients, and its bytes go on plain, both ways', async (t) => {
    const echo = await startTcpEndpoint(t)
    const { gateway, port } = await startTcpGateway(t, [echo.url], { tls: A })
    assert.equal(await say(port, 'hello'), 'hello')
    const large = 'x'.repeat(3_000_000)
    assert.equal((await say(port, large)) === large, true)
    await waitFor(() => gateway.status().streams === 0, 'nothing stays')
  })

  test('goes by the name and protocol of its handshake', async (t) => {
    const { port } = await startNamed(t)
    assert.equal(await say(port, ''), 'a')
    assert.equal(await say(port, '', { servername: 'b.test', ALPNProtocols: ['two'] }), 'b')
    // A name without a route: there is nothing to say.
    assert.equal(
      await say(port, '', { servername: 'c.test', checkServerIdentity: () => undefined }),
      '',
    )
  })

  test('asks clients for certificates', async (t) => {
    const echo = await startTcpEndpoint(t)
    const { port } = await startTcpGateway(t, [echo.url], { tls: { ...A, clientCa: CA } })
    assert.equal(await say(port, 'me', CLIENT), 'me')
    assert.match(await say(port, 'who?'), /CERTIFICATE_REQUIRED|ECONNRESET/)
    await waitFor(() => echo.sockets.length === 1, 'only one came through')
  })

  test('may come behind a PROXY header', async (t) => {
    const echo = await startTcpEndpoint(t)
    const { port } = await startTcpGateway(
      t,
      [echo.url],
      { tls: A, proxyProtocol: { trust: ['127.0.0.1'] } },
      { proxyProtocol: 'v1' },
    )
    const { socket } = await TcpClient.connect(t, port)
    socket.removeAllListeners('data').pause()
    const source = { address: '203.0.113.7', port: 4711 }
    socket.write(writeProxyHeader('v2', source, source, { serverName: '', alpn: '' }))
    const echoed = await say(0, 'hello', { socket })
    assert.equal(echoed, 'PROXY TCP4 203.0.113.7 203.0.113.7 4711 4711\r\nhello')
  })

  test('has so long for its handshake, and survives what is none', async (t) => {
    const echo = await startTcpEndpoint(t)
    const { gateway, port } = await startTcpGateway(t, [echo.url], { tls: A, openingTimeout: 100 })
    for (const bytes of ['', '\x16\x03\x01', 'GET / HTTP/1.1\r\n\r\n', '\0'.repeat(600)]) {
      const client = await TcpClient.connect(t, port)
      if (bytes !== '') client.socket.write(bytes, 'latin1')
      client.socket.once('end', () => client.socket.end())
      await client.closed()
    }
    await waitFor(() => gateway.status().connections === 0, 'no connection is left')
    assert.equal(gateway.status().streams, 0)
    assert.equal(await say(port, 'still here'), 'still here')
  })

  test('takes another certificate with a reload', async (t) => {
    const echo = await startTcpEndpoint(t)
    const { gateway, port } = await startTcpGateway(t, [echo.url], { tls: A })
    await gateway.reload({
      tcp: [{ port: 0, host: '127.0.0.1', to: 'it', tls: B }],
      upstreams: { it: { endpoints: [echo.url], balance: roundRobin() } },
      shutdownTimeout: '500ms',
    })
    assert.equal(await say(port, 'b', { servername: 'b.test' }), 'b')
  })
})

describe('TLS that begins here', { concurrency: true }, () => {
  test('verifies the endpoint by its CA and name, or there is no connection', async (t) => {
    const server = createServer(A, (socket) => socket.end('inside'))
    server.on('tlsClientError', () => undefined).listen(0, '127.0.0.1')
    await once(server, 'listening')
    t.after(() => server.close())
    const url = `tls://127.0.0.1:${(server.address() as AddressInfo).port}`
    const words: string[] = []
    for (const tls of [{ ca: CA, servername: 'a.test' }, { ca: CA, servername: 'x.test' }, {}]) {
      const { port } = await startTcpGateway(t, [url], {}, { tls })
      const client = await TcpClient.connect(t, port)
      words.push(await client.end())
    }
    assert.deepEqual(words, ['inside', '', ''])
  })
})
