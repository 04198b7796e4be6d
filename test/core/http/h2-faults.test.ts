import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { H2Client } from '../../../core/http/h2-client.ts'
import { systemClock } from '../../../core/system/clock.ts'
import { AnswerRecorder } from '../../support/answer-recorder.ts'
import { waitFor } from '../../support/deadline.ts'
import { type FrameWriter, literal, startFrameEndpoint } from '../../support/h2-frames.ts'
import { outgoing } from '../../support/outgoing-request.ts'

const CONTINUATION = 9
const GOAWAY = 7
const PUSH_PROMISE = 5
const SETTINGS = 4
const WINDOW_UPDATE = 8
const END_HEADERS = 4
const OK = Buffer.from([0x88])

/** What an endpoint does that it must not, and whether its connection can be used on. */
interface Fault {
  readonly name: string
  readonly play: (writer: FrameWriter, stream: number) => unknown
  /** Whether the head was fine, and only what followed was not. */
  readonly isAnswered?: boolean
}

const faults: readonly Fault[] = [
  { name: 'text of HTTP/1', play: (w) => w.socket.write('HTTP/1.1 200 OK\r\n\r\n') },
  { name: 'half a frame and an end', play: (w) => w.socket.end(Buffer.from([0, 0, 9, 1])) },
  { name: 'a head on stream 0', play: (w) => w.headers(0, OK) },
  { name: 'a head on a stream that nobody opened', play: (w) => w.headers(2, OK, true) },
  {
    name: 'HPACK that points nowhere',
    play: (w, s) => w.headers(s, Buffer.from([0xff, 0xff, 0x7f])),
  },
  { name: 'a body before its head', play: (w, s) => w.data(s, 'x') },
  { name: 'no status', play: (w, s) => w.headers(s, literal('a', 'b'), true) },
  { name: 'a status of letters', play: (w, s) => w.headers(s, literal(':status', 'abc'), true) },
  { name: 'a status of two digits', play: (w, s) => w.headers(s, literal(':status', '99'), true) },
  { name: 'a status twice', play: (w, s) => w.headers(s, Buffer.concat([OK, OK]), true) },
  {
    name: 'a status behind a header',
    play: (w, s) => w.headers(s, Buffer.concat([literal('a', 'b'), OK]), true),
  },
  { name: 'an unknown pseudo-header', play: (w, s) => w.headers(s, lines([':path', '/']), true) },
  { name: 'a name in upper case', play: (w, s) => w.headers(s, lines(['X-A', 'b']), true) },
  { name: 'Connection', play: (w, s) => w.headers(s, lines(['connection', 'close']), true) },
  {
    name: 'Transfer-Encoding',
    play: (w, s) => w.headers(s, lines(['transfer-encoding', 'chunked']), true),
  },
  { name: '101', play: (w, s) => w.headers(s, literal(':status', '101'), true) },
  { name: '100 as the end', play: (w, s) => w.headers(s, literal(':status', '100'), true) },
  {
    name: 'two lengths',
    play: (w, s) => w.headers(s, lines(['content-length', '1', 'content-length', '2'])),
  },
  { name: 'a negative length', play: (w, s) => w.headers(s, lines(['content-length', '-1'])) },
  {
    name: 'less than its length',
    play: (w, s) => w.headers(s, lines(['content-length', '9'])).data(s, 'short', true),
    isAnswered: true,
  },
  {
    name: 'more than its length',
    play: (w, s) => w.headers(s, lines(['content-length', '2'])).data(s, 'long'),
    isAnswered: true,
  },
  {
    name: 'trailers that do not end the stream',
    play: (w, s) => w.headers(s, OK).data(s, 'x').headers(s, literal('a', 'b')),
    isAnswered: true,
  },
  {
    name: 'trailers with a pseudo-header',
    play: (w, s) => w.headers(s, OK).data(s, 'x').headers(s, OK, true),
    isAnswered: true,
  },
  { name: 'a frame of 20,000 bytes', play: (w, s) => w.headers(s, OK).data(s, 'x'.repeat(20_000)) },
  {
    name: 'padding longer than its frame',
    play: (w, s) => w.headers(s, OK).frame(0, 8, s, Buffer.from([200, 1])),
  },
  { name: 'a head without end', play: (w, s) => endless(w, s) },
  { name: 'a head of 3,000 lines', play: (w, s) => w.headers(s, manyLines(3_000), true) },
  {
    name: 'a push',
    play: (w, s) => w.frame(PUSH_PROMISE, END_HEADERS, s, Buffer.from([0, 0, 0, 2, 0x82])),
  },
  { name: 'a window of 2^31', play: (w, s) => w.frame(WINDOW_UPDATE, 0, s, number(0x7fff_ffff)) },
  { name: 'a window grown by 0', play: (w) => w.frame(WINDOW_UPDATE, 0, 0, number(0)) },
  { name: 'SETTINGS of 5 bytes', play: (w) => w.frame(SETTINGS, 0, 0, Buffer.alloc(5)) },
  { name: 'a reset of 3 bytes', play: (w, s) => w.frame(3, 0, s, Buffer.alloc(3)) },
  { name: 'a GOAWAY of 3 bytes', play: (w) => w.frame(GOAWAY, 0, 0, Buffer.alloc(3)) },
  { name: 'a CONTINUATION of nothing', play: (w, s) => w.frame(CONTINUATION, END_HEADERS, s, OK) },
  { name: 'a reset', play: (w) => w.socket.resetAndDestroy() },
  { name: 'a head and a reset', play: (w, s) => w.head(s) && w.socket.resetAndDestroy() },
  { name: 'silence', play: () => undefined },
  { name: 'a head and silence', play: (w, s) => w.head(s), isAnswered: true },
  {
    name: 'a GOAWAY and silence',
    play: (w, s) => w.frame(GOAWAY, 0, 0, Buffer.concat([number(s), number(0)])),
  },
  { name: 'interim answers for ever', play: (w, s) => interim(w, s) },
]

for (const { name, play, isAnswered } of faults) {
  test(`${name} is the endpoint’s failure, and leaves nothing behind`, async (t) => {
    const endpoint = await startFrameEndpoint(t, {
      request: (writer, stream) => {
        play(writer, stream)
      },
    })
    const h2 = client(t, endpoint.url)
    const sink = ask(h2)
    await sink.over()
    assert.equal(sink.trailers, undefined, 'it is no whole answer')
    if (isAnswered !== undefined) assert.equal(sink.status !== 0, isAnswered)
    assert.notEqual(sink.failure?.outcome, 'ok')
    await waitFor(() => h2.status().streams === 0, 'no stream is left')
    h2.close()
    await waitFor(() => h2.status().sessions === 0, 'no connection is left', 8_000)
    assert.equal(sink.late, 0)
  })
}

// nghttp2 drops such a line and nothing else, so that nobody can read two of it.
test('lines that no header can have are left out', async (t) => {
  const wrong = [
    ['x a', 'b'],
    ['x-a', 'b\r\nc: d'],
    ['x-b', 'b\0c'],
    ['x-c', 'b\n'],
    ['', 'x'],
  ]
  const endpoint = await startFrameEndpoint(t, {
    request: (writer, stream) => {
      writer.headers(stream, lines([...wrong.flat(), 'x-d', 'e']), true)
    },
  })
  const sink = await ask(client(t, endpoint.url)).over()
  assert.deepEqual([sink.status, sink.headers, sink.trailers], [200, ['x-d', 'e'], []])
})

function client(t: TestContext, url: string): H2Client {
  const h2 = new H2Client(
    {
      url,
      protocol: 'h2',
      connectTimeoutMs: 1_000,
      responseTimeoutMs: 300,
      idleTimeoutMs: 300,
      tls: { ca: '', cert: '', key: '', servername: '', insecure: false },
      connections: { maxIdle: 16, idleMs: 60_000 },
    },
    systemClock,
  )
  t.after(() => h2.destroy())
  return h2
}

function ask(h2: H2Client): AnswerRecorder {
  const sink = new AnswerRecorder()
  h2.send(outgoing(), sink)
  return sink
}

function lines(list: readonly string[]): Buffer {
  const parts: Buffer[] = [OK]
  for (let i = 0; i < list.length; i += 2) parts.push(literal(list[i] ?? '', list[i + 1] ?? ''))
  return Buffer.concat(parts)
}

function manyLines(count: number): Buffer {
  return lines(Array.from({ length: count }, (_, i) => [`a${i % 10}`, 'b']).flat()).subarray(
    0,
    16_000,
  )
}

function number(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

// A head that goes on in frame after frame (CVE-2024-27983 and its kind).
function endless(writer: FrameWriter, stream: number): void {
  const { socket } = writer
  writer.frame(1, 0, stream, OK)
  const more = (): void => {
    if (socket.destroyed || !socket.writable) return
    writer.frame(CONTINUATION, 0, stream, literal('a', 'b'.repeat(100)))
    setImmediate(more)
  }
  more()
}

function interim(writer: FrameWriter, stream: number): void {
  const { socket } = writer
  const more = (): void => {
    if (socket.destroyed || !socket.writable) return
    writer.headers(stream, literal(':status', '103'))
    setTimeout(more, 5)
  }
  more()
}
