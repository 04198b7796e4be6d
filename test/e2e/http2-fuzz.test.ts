import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { SeededRng } from 'sluice/testing'
import { A } from '../support/certificates.ts'
import { waitFor } from '../support/deadline.ts'
import { startEndpoint } from '../support/endpoint-server.ts'
import {
  DATA,
  END_HEADERS,
  END_STREAM,
  type Frame,
  FrameClient,
  HEADERS,
  headerBlock,
  PING,
  RST_STREAM,
} from '../support/frame-client.ts'
import { startGatewayTo, whenIdle } from '../support/start-gateway.ts'
import { ask, connectHttp2 } from '../support/stream-client.ts'

const CONNECTIONS = 200
const FRAMES = 30
const seed = Number(process.env.SEED ?? 20_261_125)
const FRAME_TYPES = 12
const LAST_PING = { type: PING, flags: 0, stream: 0, payload: Buffer.alloc(8) }
const TEXTS = ['GET', 'POST', 'HEAD', 'https', '/', '/a', 'a.test', '5', '0', 'trailers', 'x', '']
const NAMES = [
  ...[':method', ':scheme', ':path', ':authority', 'host', 'content-length', 'cookie'],
  ...['te', 'expect', 'x-a', 'connection', 'X-B', ':status', ''],
]

const file = { after }
const endpoint = await startEndpoint(file)
const { gateway, port } = await startGatewayTo(file, [endpoint.url], {
  listener: { tls: A, requestTimeout: '5s', headersTimeout: '1s', keepAliveTimeout: '1s' },
})

test(`random frames leave nothing behind (seed ${seed})`, { timeout: 60_000 }, async (t) => {
  const rng = new SeededRng(seed)
  for (let i = 0; i < CONNECTIONS; i++) {
    const client = await FrameClient.connect(t, port)
    const opened: Opened = { streams: 0, unfinished: [] }
    for (let j = 0; j < FRAMES && !client.isClosed; j++) client.send(randomFrame(rng, opened))
    client.send(LAST_PING)
    if (rng.below(4) > 0) await waitFor(() => client.isClosed || client.has(PING), 'an answer')
    client.socket.destroy()
  }
  await whenIdle(gateway)
  await waitFor(() => gateway.status().connections === 0, 'no connection is left')
  const answer = await ask(await connectHttp2(t, port), {})
  assert.equal(answer.status, 200)
  t.diagnostic(`${endpoint.requests.length} came through`)
  assert.ok(endpoint.requests.length > CONNECTIONS / 4)
  const hosts = endpoint.requests.map(({ headers }) => headers.filter(([name]) => name === 'host'))
  assert.ok(hosts.every((lines) => lines.length === 1))
})

/** What a connection has opened: streams so far, and those whose request goes on. */
interface Opened {
  streams: number
  readonly unfinished: number[]
}

/** Mostly what may stand there; now and then what ends the connection. */
function randomFrame(rng: SeededRng, opened: Opened): Frame {
  const kind = rng.below(100)
  const payload = Buffer.from(Array.from({ length: rng.below(24) }, () => rng.below(256)))
  if (kind < 3)
    return { type: rng.below(FRAME_TYPES), flags: rng.below(256), stream: rng.below(3), payload }
  const at = rng.below(opened.unfinished.length + 1)
  const stream = opened.unfinished[at]
  if (kind < 60 || stream === undefined) {
    const fresh = 2 * opened.streams++ + 1
    const flags = END_HEADERS | rng.below(2)
    if ((flags & END_STREAM) === 0) opened.unfinished.push(fresh)
    return { type: HEADERS, flags, stream: fresh, payload: randomHead(rng) }
  }
  if (kind < 65)
    return { type: RST_STREAM, flags: 0, stream, payload: Buffer.from([0, 0, 0, rng.below(14)]) }
  const flags = rng.below(2)
  if ((flags & END_STREAM) !== 0) opened.unfinished.splice(at, 1)
  return { type: DATA, flags, stream, payload }
}

function randomHead(rng: SeededRng): Buffer {
  const method = rng.below(2) === 0 ? 'GET' : 'POST'
  const sound: [string, string][] = [
    ...([
      [':method', method],
      [':scheme', 'https'],
    ] as [string, string][]),
    ...([
      [':path', '/'],
      [':authority', 'a.test'],
    ] as [string, string][]),
  ]
  const pick = (list: readonly string[]): string => list[rng.below(list.length)] ?? ''
  const faults = rng.below(3)
  for (let i = 0; i < faults; i++) {
    const at = rng.below(sound.length + 1)
    if (rng.below(3) === 0) sound.splice(at, 1)
    else sound.splice(rng.below(4) === 0 ? at : sound.length, 0, [pick(NAMES), pick(TEXTS)])
  }
  return headerBlock(sound)
}
