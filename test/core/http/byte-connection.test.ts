import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ConnectionSink, EndpointTarget, TransportFailure } from 'sluice'
import { NetworkTransport } from '../../../core/http/client.ts'
import { plainTarget } from '../../../core/simulate/plain-target.ts'
import { VirtualClock } from '../../../core/simulate/virtual-clock.ts'
import { systemClock } from '../../../core/system/clock.ts'
import { A, CA } from '../../support/certificates.ts'
import { waitFor } from '../../support/deadline.ts'
import { startRawEndpoint } from '../../support/endpoint-server.ts'

/** Writes down what it is told. */
class Diary implements ConnectionSink {
  readonly lines: string[] = []
  failure: TransportFailure | undefined = undefined

  connected(): void {
    this.lines.push('connected')
  }

  data(chunk: Uint8Array): void {
    this.lines.push(Buffer.from(chunk).toString())
  }

  ended(failure: TransportFailure | undefined): void {
    this.failure = failure
    this.lines.push(failure === undefined ? 'ended' : failure.code)
  }
}

const transport = new NetworkTransport(systemClock)

function over(target: EndpointTarget): Diary {
  const diary = new Diary()
  const connection = transport.connect(target, diary)
  diary.connected = () => {
    diary.lines.push('connected')
    connection.write('hello')
  }
  return diary
}

test('bytes go both ways until the endpoint ends the connection', async (t) => {
  const { url } = await startRawEndpoint(t, (socket) => {
    socket.on('data', (bytes) => socket.end(`${bytes} yourself`))
  })
  const diary = over(plainTarget(url))
  await waitFor(() => diary.lines.includes('ended'), 'the end')
  assert.deepEqual(diary.lines, ['connected', 'hello yourself', 'ended'])
})

test('over TLS it is there once the certificate was verified', async (t) => {
  const tls = { cert: A.cert, key: A.key }
  const { url } = await startRawEndpoint(t, (socket) => socket.end('secret'), { tls })
  const trusting = (servername: string) => ({
    ...plainTarget(url),
    tls: { ...plainTarget(url).tls, ca: CA, servername },
  })
  const right = over(trusting('a.test'))
  const wrong = over(trusting('b.test'))
  await waitFor(() => right.lines.includes('ended') && wrong.failure !== undefined, 'both ends')
  assert.deepEqual(right.lines, ['connected', 'secret', 'ended'])
  assert.deepEqual(wrong.lines, ['ENDPOINT_UNREACHABLE'])
  assert.equal(wrong.failure?.outcome, 'connect-failed')
  assert.equal(wrong.failure?.sent, 'nothing')
})

test('a refused connection is told as one, and a lost one as what it is', async (t) => {
  const gone = await startRawEndpoint(t, () => {})
  gone.close()
  const torn = await startRawEndpoint(t, (socket) => {
    socket.on('data', () => socket.resetAndDestroy())
  })
  const refused = over(plainTarget(gone.url))
  const lost = over(plainTarget(torn.url))
  await waitFor(() => refused.failure !== undefined && lost.failure !== undefined, 'both ends')
  assert.deepEqual(refused.lines, ['ENDPOINT_UNREACHABLE'])
  assert.deepEqual(lost.lines, ['connected', 'ENDPOINT_FAILED'])
})

test('one that is not there in time is given up', async (t) => {
  const clock = new VirtualClock()
  // Speaks no TLS, so the handshake never ends.
  const { url, sockets } = await startRawEndpoint(t, () => {})
  const target = { ...plainTarget(url.replace('http', 'https')), connectTimeoutMs: 500 }
  const diary = new Diary()
  new NetworkTransport(clock).connect(target, diary)
  await waitFor(() => sockets.size === 1, 'the connection')
  clock.advance(499)
  assert.deepEqual(diary.lines, [])
  clock.advance(1)
  assert.deepEqual(diary.lines, ['CONNECT_TIMEOUT'])
  await waitFor(() => sockets.size === 0, 'it is closed')
})

test('one that is destroyed says nothing more', async (t) => {
  const { url, sockets } = await startRawEndpoint(t, (socket) => socket.write('hi'))
  const diary = new Diary()
  const connection = transport.connect(plainTarget(url), diary)
  await waitFor(() => diary.lines.includes('hi'), 'a word')
  connection.destroy()
  connection.write('lost')
  await waitFor(() => sockets.size === 0, 'it is closed')
  assert.deepEqual(diary.lines, ['connected', 'hi'])
})
