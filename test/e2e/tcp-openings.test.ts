import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import { describe, type TestContext, test } from 'node:test'
import { createServer as createTlsServer, type TLSSocket, connect as tlsConnect } from 'node:tls'
import { definePlugin, type Peer, type PluginUse, type TcpListenerConfig, Type } from 'sluice'
import { roundRobin } from 'sluice/plugins'
import { readProxyHeader, writeProxyHeader } from '../../core/stream/proxy-header.ts'
import { waitFor, within } from '../support/deadline.ts'
import { SELF_SIGNED } from '../support/self-signed.ts'
import { startGateway } from '../support/start-gateway.ts'
import { startTcpEndpoint, startTcpGateway, TcpClient } from '../support/tcp.ts'

const CLIENT = { address: '203.0.113.7', port: 4711 }
const HERE = { address: '198.51.100.1', port: 443 }
const UNTOLD = { serverName: '', alpn: '' }
const FROM_HERE = { proxyProtocol: { trust: ['127.0.0.0/8'] } }

/** A plugin that writes down who connects. */
function peers(): { seen: Peer[]; plugin: PluginUse } {
  const seen: Peer[] = []
  const plugin = definePlugin({
    name: 'peers',
    options: Type.Object({}),
    create: () => ({
      stream: (_flow, { address, port, serverName = '' }) =>
        seen.push({ address, port, serverName }) > 0,
    }),
  })()
  return { seen, plugin }
}

/** A TLS endpoint that says its name. */
async function startTlsEndpoint(t: TestContext, name: string): Promise<string> {
  const server = createTlsServer({ ...SELF_SIGNED, ALPNProtocols: ['h2', 'http/1.1'] })
  server.on('secureConnection', (socket) => socket.on('error', () => undefined).end(name))
  server.on('tlsClientError', () => undefined)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  return `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** What the endpoint says to a TLS client that asks for a name; the error's code where there is one. */
async function ask(
  port: number,
  servername: string,
  alpn: readonly string[] = [],
): Promise<string> {
  const socket: TLSSocket = tlsConnect({
    port,
    host: '127.0.0.1',
    rejectUnauthorized: false,
    servername,
    ...(alpn.length > 0 && { ALPNProtocols: [...alpn] }),
  })
  let text = ''
  socket.on('data', (chunk) => {
    text += chunk
  })
  const over = new Promise<string>((resolve) => {
    socket.on('error', (error: Error & { code?: string }) => resolve(error.code ?? error.message))
    socket.on('end', () => resolve(text))
  })
  const word = await within(over, 'an answer')
  socket.destroy()
  return word
}

/** The first bytes of a TLS client that asks for a name. */
async function helloFor(t: TestContext, servername: string): Promise<Buffer> {
  const endpoint = await startTcpEndpoint(t, () => undefined)
  const socket = tlsConnect({ port: Number(new URL(endpoint.url).port), servername })
  t.after(() => socket.destroy())
  socket.on('error', () => undefined)
  await waitFor(() => endpoint.sockets.length > 0, 'a connection')
  const [hello] = await within(once(endpoint.sockets[0] as Socket, 'data'), 'a ClientHello')
  return hello
}

/** A gateway that passes TLS on to endpoints by name. */
async function startByName(
  t: TestContext,
  listener: Partial<TcpListenerConfig<'a' | 'b' | 'rest'>>,
) {
  const [a, b, rest] = await Promise.all(
    ['a', 'b', 'rest'].map((name) => startTlsEndpoint(t, name)),
  )
  const balance = roundRobin()
  return startGateway<'a' | 'b' | 'rest'>(t, {
    tcp: [{ port: 0, host: '127.0.0.1', ...listener }],
    upstreams: {
      a: { endpoints: [a ?? ''], balance },
      b: { endpoints: [b ?? ''], balance },
      rest: { endpoints: [rest ?? ''], balance },
    },
    shutdownTimeout: '500ms',
  })
}

describe('TLS that is passed through', () => {
  test('goes where its name says: exact, then the longest wildcard, then the rest', async (t) => {
    const { port } = await startByName(t, {
      routes: [
        { serverName: '*.example.com', to: 'b' },
        { serverName: ['a.example.com', 'A.Example.org'], to: 'a' },
      ],
      to: 'rest',
    })
    assert.equal(await ask(port, 'a.example.com'), 'a')
    assert.equal(await ask(port, 'A.EXAMPLE.ORG'), 'a')
    assert.equal(await ask(port, 'deep.b.example.com'), 'b')
    assert.equal(await ask(port, 'example.com'), 'rest')
    assert.equal(await ask(port, 'elsewhere.test'), 'rest')
  })

  test('goes by the protocols that it offers', async (t) => {
    const { port } = await startByName(t, {
      routes: [
        { serverName: 'a.test', to: 'a' },
        { serverName: 'a.test', alpn: 'h2', to: 'b' },
      ],
    })
    assert.equal(await ask(port, 'a.test', ['h2', 'http/1.1']), 'b')
    assert.equal(await ask(port, 'a.test', ['http/1.1']), 'a')
    assert.equal(await ask(port, 'a.test'), 'a')
  })

  test('of a name that no route has ends with an alert that says so', async (t) => {
    const { port } = await startByName(t, { routes: [{ serverName: 'a.test', to: 'a' }] })
    assert.match(await ask(port, 'b.test'), /UNRECOGNIZED_NAME/)
  })

  test('that comes byte by byte is understood', async (t) => {
    const { port } = await startByName(t, { routes: [{ serverName: 'a.test', to: 'a' }] })
    const client = await TcpClient.connect(t, port)
    const hello = await helloFor(t, 'a.test')
    for (const byte of hello) client.socket.write(Buffer.from([byte]))
    // The endpoint answers with a handshake of its own.
    assert.equal((await client.received(1)).charCodeAt(0), 22)
  })

  test('is not asked for where the client speaks something else: the rest takes it', async (t) => {
    const echo = await startTcpEndpoint(t)
    const { port } = await startTcpGateway(t, [echo.url], {
      routes: [{ serverName: 'a.test', to: 'it' }],
    })
    const client = await TcpClient.connect(t, port)
    client.socket.end('SSH-2.0-scanner\r\n')
    assert.equal(await client.end(), 'SSH-2.0-scanner\r\n')
  })

  test('is closed where what comes is no TLS and nothing takes it', async (t) => {
    const { port } = await startByName(t, { routes: [{ serverName: 'a.test', to: 'a' }] })
    for (const garbage of [
      'GET / HTTP/1.1\r\n\r\n',
      '\x16\x03\x01\x00\x00',
      '\x16\x03\x01\xff\xff',
    ]) {
      const client = await TcpClient.connect(t, port)
      client.socket.write(Buffer.from(garbage, 'latin1'))
      assert.equal(await client.end(), '')
    }
  })

  test('has so long to begin', async (t) => {
    const { gateway, port } = await startByName(t, {
      routes: [{ serverName: 'a.test', to: 'a' }],
      openingTimeout: 50,
    })
    const client = await TcpClient.connect(t, port)
    client.socket.write(Buffer.from([22, 3, 1]))
    assert.equal(await client.end(), '')
    assert.equal(gateway.status().streams, 0)
  })
})

describe('the PROXY protocol', () => {
  for (const version of ['v1', 'v2'] as const) {
    test(`${version} of a trusted proxy says who the client is`, async (t) => {
      const { seen, plugin } = peers()
      const echo = await startTcpEndpoint(t)
      const { port } = await startTcpGateway(t, [echo.url], { ...FROM_HERE, plugins: [plugin] })
      const client = await TcpClient.connect(t, port)
      const header = writeProxyHeader(version, CLIENT, HERE, { serverName: 'a.test', alpn: 'h2' })
      client.socket.end(Buffer.concat([header, Buffer.from('hello')]))
      assert.equal(await client.end(), 'hello')
      const serverName = version === 'v2' ? 'a.test' : ''
      assert.deepEqual(seen, [{ ...CLIENT, serverName }])
    })

    test(`${version} tells an endpoint who the client is`, async (t) => {
      const echo = await startTcpEndpoint(t)
      const upstream = { proxyProtocol: version }
      const { port } = await startTcpGateway(t, [echo.url], FROM_HERE, upstream)
      const client = await TcpClient.connect(t, port)
      client.socket.write(writeProxyHeader('v1', CLIENT, HERE, UNTOLD))
      client.socket.end('hello')
      const echoed = Buffer.from(await client.end(), 'latin1')
      const read = readProxyHeader(echoed)
      assert(typeof read === 'object')
      assert.deepEqual([read.source, read.destination], [CLIENT, HERE])
      assert.equal(echoed.toString('latin1', read.length), 'hello')
    })
  }

  test('makes its clients those that maxConnectionsPerClient counts', async (t) => {
    const echo = await startTcpEndpoint(t)
    const { port } = await startTcpGateway(t, [echo.url], {
      ...FROM_HERE,
      maxConnectionsPerClient: 1,
    })
    const from = async (address: string): Promise<TcpClient> => {
      const client = await TcpClient.connect(t, port)
      client.socket.write(writeProxyHeader('v1', { address, port: 1 }, HERE, UNTOLD))
      client.socket.write('x')
      return client
    }
    const first = await from('203.0.113.1')
    assert.equal(await first.received(1), 'x')
    assert.equal(await (await from('203.0.113.1')).end(), '')
    assert.equal(await (await from('203.0.113.2')).received(1), 'x')
    first.socket.end()
    await first.closed()
    assert.equal(await (await from('203.0.113.1')).received(1), 'x')
  })

  test('comes before TLS to the endpoint', async (t) => {
    const tls = createTlsServer(SELF_SIGNED, (socket) => socket.end('inside'))
    const outer = await startTcpEndpoint(t, (socket) => {
      socket.once('readable', () => {
        const bytes: Buffer = socket.read()
        const read = readProxyHeader(bytes)
        assert(typeof read === 'object')
        if (bytes.length > read.length) socket.unshift(bytes.subarray(read.length))
        tls.emit('connection', socket)
      })
    })
    const { port } = await startTcpGateway(
      t,
      [outer.url.replace('tcp:', 'tls:')],
      {},
      { proxyProtocol: 'v2', tls: { insecure: true } },
    )
    const client = await TcpClient.connect(t, port)
    assert.equal(await client.end(), 'inside')
  })

  test('of anybody else closes the connection, and is counted', async (t) => {
    const { seen, plugin } = peers()
    const echo = await startTcpEndpoint(t)
    const { port } = await startTcpGateway(t, [echo.url], {
      proxyProtocol: { trust: ['10.0.0.0/8'] },
      plugins: [plugin],
    })
    const client = await TcpClient.connect(t, port)
    client.socket.write(writeProxyHeader('v1', CLIENT, HERE, UNTOLD))
    await client.end()
    assert.deepEqual(seen, [])
    assert.equal(echo.sockets.length, 0)
  })

  for (const [what, bytes] of Object.entries({
    'that is none': 'GET / HTTP/1.1\r\n\r\n',
    'of another family than its address': 'PROXY TCP6 1.2.3.4 1.2.3.4 1 2\r\n',
    'with a port that is none': 'PROXY TCP4 1.2.3.4 1.2.3.4 65536 2\r\n',
    'longer than a header may be': `PROXY UNKNOWN ${'x'.repeat(200)}`,
    'of version 3': '\r\n\r\n\0\r\nQUIT\n\x31\x11\0\x0c',
    'that promises more than it may': '\r\n\r\n\0\r\nQUIT\n\x21\x11\xff\xff',
  })) {
    test(`a header ${what} closes the connection`, async (t) => {
      const echo = await startTcpEndpoint(t)
      const { port } = await startTcpGateway(t, [echo.url], FROM_HERE)
      const client = await TcpClient.connect(t, port)
      client.socket.write(Buffer.from(bytes, 'latin1'))
      await client.end()
      assert.equal(echo.sockets.length, 0)
    })
  }
})
