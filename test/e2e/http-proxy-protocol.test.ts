import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect as connectHttp2 } from 'node:http2'
import { describe, type TestContext, test } from 'node:test'
import { connect as connectTls } from 'node:tls'
import { writeProxyHeader } from '../../core/stream/proxy-header.ts'
import { waitFor, within } from '../support/deadline.ts'
import { startEndpoint } from '../support/endpoint-server.ts'
import { headerOf } from '../support/message-reader.ts'
import { SELF_SIGNED } from '../support/self-signed.ts'
import { startGatewayTo } from '../support/start-gateway.ts'
import { TcpClient } from '../support/tcp.ts'

const SOURCE = { address: '203.0.113.7', port: 4711 }
const HERE = { address: '198.51.100.1', port: 443 }
const UNTOLD = { serverName: '', alpn: '' }
const proxyProtocol = { trust: ['127.0.0.0/8'] }
const HEADER = writeProxyHeader('v2', SOURCE, HERE, UNTOLD)
const GET = 'GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n'

async function start(t: TestContext, listener: Parameters<typeof startGatewayTo>[2] = {}) {
  const endpoint = await startEndpoint(t)
  return { endpoint, ...(await startGatewayTo(t, [endpoint.url], listener)) }
}

/** TLS on a connection that begins with a PROXY header. */
async function startTls(t: TestContext, port: number, alpn: string) {
  const { socket } = await TcpClient.connect(t, port)
  socket.removeAllListeners('data').pause()
  socket.write(HEADER)
  const tls = connectTls({ socket, rejectUnauthorized: false, ALPNProtocols: [alpn] })
  await within(once(tls, 'secureConnect'), 'a handshake')
  return tls
}

describe('the PROXY protocol in front of HTTP', { concurrency: true }, () => {
  test('says who the client is, whether the request comes with it or later', async (t) => {
    const { endpoint, port } = await start(t, { listener: { proxyProtocol } })
    for (const pieces of [
      [Buffer.concat([HEADER, Buffer.from(GET)])],
      [HEADER.subarray(0, 5), HEADER.subarray(5), Buffer.from(GET)],
    ]) {
      const client = await TcpClient.connect(t, port)
      for (const piece of pieces) {
        client.socket.write(piece)
        await new Promise((resolve) => setImmediate(resolve))
      }
      assert.match(await client.end(), /^HTTP\/1\.1 200 /)
    }
    const seen = endpoint.requests.map((request) => headerOf(request, 'x-forwarded-for'))
    assert.deepEqual(seen, [SOURCE.address, SOURCE.address])
  })

  test('comes before TLS', async (t) => {
    const listener = { proxyProtocol, tls: SELF_SIGNED }
    const { endpoint, port } = await start(t, { listener })
    const tls = await startTls(t, port, 'http/1.1')
    tls.write(GET)
    const [answer] = await within(once(tls, 'data'), 'an answer')
    assert.match(String(answer), /^HTTP\/1\.1 200 /)
    assert.equal(headerOf(endpoint.requests[0], 'x-forwarded-for'), SOURCE.address)
  })

  test('comes before HTTP/2', async (t) => {
    const listener = { proxyProtocol, tls: SELF_SIGNED }
    const { endpoint, port } = await start(t, { listener })
    const tls = await startTls(t, port, 'h2')
    const session = connectHttp2('https://a.test', { createConnection: () => tls })
    t.after(() => session.destroy())
    const [head] = await within(once(session.request({ ':path': '/' }), 'response'), 'an answer')
    assert.equal(head[':status'], 200)
    assert.equal(headerOf(endpoint.requests[0], 'x-forwarded-for'), SOURCE.address)
  })

  test('is asked for: whoever speaks at once, or is not trusted, is closed', async (t) => {
    const asking = await start(t, { listener: { proxyProtocol } })
    const plain = await TcpClient.connect(t, asking.port)
    plain.socket.write(GET)
    await plain.end()
    const listener = { proxyProtocol: { trust: ['10.0.0.0/8'] } }
    const wary = await start(t, { listener })
    const stranger = await TcpClient.connect(t, wary.port)
    stranger.socket.write(Buffer.concat([HEADER, Buffer.from(GET)]))
    await stranger.end()
    assert.equal(plain.text + stranger.text, '')
    assert.deepEqual([...asking.endpoint.requests, ...wary.endpoint.requests], [])
  })

  test('has as long as the head of a request', async (t) => {
    const listener = { proxyProtocol, headersTimeout: 100 }
    const { gateway, port } = await start(t, { listener })
    const client = await TcpClient.connect(t, port)
    client.socket.write(HEADER.subarray(0, 10))
    assert.equal(await client.end(), '')
    client.socket.end()
    await waitFor(() => gateway.status().connections === 0, 'no connection is left')
  })
})
