import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { describe, type TestContext, test } from 'node:test'
import { waitFor } from '../support/deadline.ts'
import { OK, startRawEndpoint } from '../support/endpoint-server.ts'
import { LANES } from '../support/lanes.ts'
import { headerOf, type Message, statusOf } from '../support/message-reader.ts'
import { exchange, RawClient } from '../support/raw-client.ts'
import { startGatewayTo, whenIdle } from '../support/start-gateway.ts'
import { RAW_ANSWERS } from './malformed-answers.ts'
import type { RawAnswer } from './raw-answer.ts'

const GET = 'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n'
const UPLOAD = 'POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 1000000\r\n\r\nhello'

/** Starts an endpoint that answers once as the case says and is fine before and after. */
async function startOnce(t: TestContext, { bytes, ending, isUsed, isEarly }: RawAnswer) {
  let asked = isUsed ? -1 : 0
  return startRawEndpoint(t, async (socket, requests) => {
    for (;;) {
      const next =
        isEarly && asked === 0 ? requests.head(60_000) : requests.next({ deadlineMs: 60_000 })
      if ((await next.catch(() => undefined)) === undefined) break
      if (asked++ === 0) say(socket, Buffer.from(bytes, 'latin1'), ending)
      else socket.write(OK)
    }
    socket.end()
  })
}

function say(socket: Socket, bytes: Buffer, ending: RawAnswer['ending']): void {
  if (ending === 'ends') socket.end(bytes)
  else if (ending === 'stays') socket.write(bytes)
  else if (bytes.length === 0) socket.resetAndDestroy()
  // Later, so that the bytes are read before the reset throws them away.
  else socket.write(bytes, () => setTimeout(() => socket.resetAndDestroy(), 20))
}

function judge(answer: Message | undefined, { expect }: RawAnswer): void {
  if (expect === 'cut') {
    assert(answer?.isWhole !== true || statusOf(answer) === 502, `whole: ${answer?.startLine}`)
    return
  }
  assert.equal(statusOf(answer), expect.status)
  assert.equal(answer?.isWhole, true)
  if (!('body' in expect)) {
    assert.match(headerOf(answer, 'content-type') ?? '', /^application\/problem\+json/)
    assert.doesNotMatch(answer?.body.toString() ?? '', /127\.0\.0\.1|ECONN|HPE_/)
    return
  }
  assert.equal(answer?.body.toString('latin1'), expect.body)
  for (const [name, value] of Object.entries(expect.headers ?? {})) {
    assert.equal(headerOf(answer, name), value, name)
  }
}

for (const [lane, plugins] of Object.entries(LANES)) {
  describe(`${lane}: an answer of an endpoint`, { concurrency: 8 }, () => {
    for (const one of RAW_ANSWERS) {
      test(one.name, async (t) => {
        const endpoint = await startOnce(t, one)
        const { gateway, port } = await startGatewayTo(t, [endpoint.url], { route: { plugins } })
        if (one.isUsed) assert.equal(statusOf(await exchange(t, port, GET)), 200)
        const client = await RawClient.connect(t, port)
        client.send(one.isEarly ? UPLOAD : GET.replace('GET', one.method))
        judge(await client.answer({ isBodiless: one.method === 'HEAD' }), one)
        client.socket.destroy()
        await whenIdle(gateway)
        const mayBeReused = typeof one.expect === 'object' && 'reused' in one.expect
        const isReused = mayBeReused && one.expect.reused
        const left = () => `${endpoint.sockets.size} connections to the endpoint`
        if (!isReused) await waitFor(() => endpoint.sockets.size === 0, left)
        const { accepted } = endpoint
        const next = await exchange(t, port, GET)
        assert.equal(next?.body.toString(), 'ok')
        assert.equal(endpoint.accepted, isReused ? accepted : accepted + 1)
        await whenIdle(gateway)
        await waitFor(() => endpoint.sockets.size === 1, left)
      })
    }
  })
}

test('the corpus of answers has at least 60 distinct cases, each with its reason', () => {
  const seen = new Set(
    RAW_ANSWERS.map((one) => JSON.stringify([one.bytes, one.ending, one.method])),
  )
  assert(seen.size >= 60)
  assert.deepEqual(
    RAW_ANSWERS.filter(({ why }) => why.length < 20).map(({ name }) => name),
    [],
  )
})
