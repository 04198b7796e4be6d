import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import type { UpstreamConfig } from 'sluice'
import { retry } from 'sluice/plugins'
import { waitFor } from '../support/deadline.ts'
import {
  answerText,
  OK,
  type Serve,
  startEndpoint,
  startRawEndpoint,
} from '../support/endpoint-server.ts'
import { LANES } from '../support/lanes.ts'
import { headerOf, type Message, statusOf } from '../support/message-reader.ts'
import { exchange, RawClient } from '../support/raw-client.ts'
import { settled } from '../support/slow-bytes.ts'
import { startGatewayTo, whenIdle } from '../support/start-gateway.ts'

const GET = 'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n'
const POST = 'POST / HTTP/1.1\r\nHost: a.test\r\ncontent-length: 5\r\n\r\nhello'
const PUT = POST.replace('POST', 'PUT')
const BUSY = answerText('busy', 'retry-after: 0\r\n', '503 Service Unavailable')
const PATIENCE_MS = 60_000
const ASKED = 200

/** An endpoint that reads a request and then resets its connection. */
function startResetting(t: TestContext, whenRead: (request: Message) => void = () => undefined) {
  return startRawEndpoint(t, async (socket, requests) => {
    const request = await requests.next({ deadlineMs: PATIENCE_MS }).catch(() => undefined)
    if (request !== undefined) whenRead(request)
    socket.resetAndDestroy()
  })
}

for (const [lane, plugins] of Object.entries(LANES)) {
  describe(`${lane}: retry`, () => {
    test('takes a request that one endpoint refused to another', async (t) => {
      const gone = await startEndpoint(t)
      const good = await startEndpoint(t)
      gone.close()
      const { gateway, port } = await startGatewayTo(t, [gone.url, good.url], {
        route: { plugins },
        upstream: { plugins: [retry({ budget: { min: 4 } })] },
      })
      const client = await RawClient.connect(t, port)
      for (const request of [GET, POST, GET, PUT]) {
        assert.equal(statusOf(await client.send(request).answer()), 200)
      }
      await whenIdle(gateway)
      assert.deepEqual(
        good.requests.map(({ body }) => body.toString()),
        ['', 'hello', '', 'hello'],
      )
    })

    test('sends a body once more that was kept', async (t) => {
      const reset = await startResetting(t)
      const good = await startEndpoint(t)
      const { gateway, port } = await startGatewayTo(t, [reset.url, good.url], {
        route: { plugins },
        upstream: { plugins: [retry()] },
      })
      const answer = await exchange(t, port, PUT)
      assert.equal(statusOf(answer), 200)
      assert.equal(good.requests[0]?.body.toString(), 'hello')
      await whenIdle(gateway)
    })

    test('sends a chunked body once more that was kept', async (t) => {
      const reset = await startResetting(t)
      const good = await startEndpoint(t)
      const { port } = await startGatewayTo(t, [reset.url, good.url], {
        route: { plugins },
        upstream: { plugins: [retry()] },
      })
      const chunked = 'PUT / HTTP/1.1\r\nHost: a.test\r\ntransfer-encoding: chunked\r\n\r\n'
      const answer = await exchange(t, port, `${chunked}5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n`)
      assert.equal(statusOf(answer), 200)
      assert.equal(good.requests[0]?.body.toString(), 'hello world')
    })

    test('does not repeat what an endpoint may have acted on', async (t) => {
      const reset = await startResetting(t)
      const good = await startEndpoint(t)
      const { port } = await startGatewayTo(t, [reset.url, good.url], {
        route: { plugins },
        upstream: { plugins: [retry()] },
      })
      assert.equal(statusOf(await exchange(t, port, POST)), 502)
      assert.equal(good.requests.length, 0)
    })

    test('does not repeat a body that is longer than what is kept', async (t) => {
      const reset = await startResetting(t)
      const good = await startEndpoint(t)
      const { port } = await startGatewayTo(t, [reset.url, good.url], {
        route: { plugins },
        upstream: { plugins: [retry({ buffer: 4 })] },
      })
      assert.equal(statusOf(await exchange(t, port, PUT)), 502)
      assert.equal(good.requests.length, 0)
    })

    test('asks another endpoint when one is busy, and drains the refusal', async (t) => {
      const busy = await startEndpoint(t, () => BUSY)
      const good = await startEndpoint(t)
      const { gateway, port } = await startGatewayTo(t, [busy.url, good.url], {
        route: { plugins },
        upstream: { plugins: [retry({ budget: { share: 1 } })] },
      })
      const client = await RawClient.connect(t, port)
      for (let i = 0; i < 10; i++) {
        assert.equal((await client.send(GET).answer())?.body.toString(), 'ok')
      }
      await whenIdle(gateway)
      assert.equal(busy.accepted, 1)
    })

    test('reads on what is left of an upload that nobody took', async (t) => {
      const busy = await startRawEndpoint(t, async (socket, requests) => {
        await requests.head()
        socket.write(BUSY)
      })
      const gone = await startEndpoint(t)
      gone.close()
      const { gateway, port } = await startGatewayTo(t, [busy.url, gone.url], {
        route: { plugins },
        upstream: { plugins: [retry()] },
      })
      const body = Buffer.alloc(2 ** 20, 'a')
      const client = await RawClient.connect(t, port)
      client.send(`PUT / HTTP/1.1\r\nHost: a.test\r\ncontent-length: ${body.length}\r\n\r\n`)
      client.send(body.subarray(0, 1_000))
      assert.equal(statusOf(await client.answer()), 502)
      client.send(body.subarray(1_000)).send(GET)
      assert.ok(statusOf(await client.answer()))
      await whenIdle(gateway)
    })

    test('passes on a refusal that asks for more patience than there is', async (t) => {
      const busy = await startEndpoint(t, () => BUSY.replace('retry-after: 0', 'retry-after: 9'))
      const good = await startEndpoint(t)
      const { port } = await startGatewayTo(t, [busy.url, good.url], {
        route: { plugins },
        upstream: { plugins: [retry()] },
      })
      const answer = await exchange(t, port, GET)
      assert.deepEqual([statusOf(answer), headerOf(answer, 'retry-after')], [503, '9'])
    })

    test('never asks the endpoint again that failed', async (t) => {
      const busy = await startEndpoint(t, () => BUSY)
      const { port } = await startGatewayTo(t, [busy.url], {
        route: { plugins },
        upstream: { plugins: [retry()] },
      })
      assert.equal(statusOf(await exchange(t, port, GET)), 503)
      assert.equal(busy.requests.length, 1)
    })
  })
}

test('in a total outage endpoints see at most a fifth more than was asked, and three', async (t) => {
  const busy = [await startEndpoint(t, () => BUSY), await startEndpoint(t, () => BUSY)]
  const urls = busy.map(({ url }) => url)
  const { gateway, port } = await startGatewayTo(t, urls, { upstream: { plugins: [retry()] } })
  const asked = 500
  const client = await RawClient.connect(t, port)
  for (let i = 0; i < asked; i++) {
    assert.equal(statusOf(await client.send(GET).answer()), 503)
  }
  await whenIdle(gateway)
  const sent = busy.reduce((sum, { requests }) => sum + requests.length, 0)
  assert.ok(sent > asked, 'some were retried')
  assert.ok(sent <= 1.2 * asked + 3, `${sent} attempts for ${asked} requests`)
})

const OUTAGES: Readonly<Record<string, Serve>> = {
  'that end each connection at once': (socket) => socket.end(),
  'that reset each connection at once': (socket) => socket.resetAndDestroy(),
  'that reset each connection once a request came': async (socket, requests) => {
    await requests.head(PATIENCE_MS).catch(() => undefined)
    socket.resetAndDestroy()
  },
}

for (const [name, serve] of Object.entries(OUTAGES)) {
  describe(`endpoints ${name}`, () => {
    /** Asks 200 times; gives how many connections, and so attempts, that made. */
    const attempts = async (t: TestContext, plugins: UpstreamConfig['plugins'] = []) => {
      const endpoints = [await startRawEndpoint(t, serve), await startRawEndpoint(t, serve)]
      const urls = endpoints.map(({ url }) => url)
      const { gateway, port } = await startGatewayTo(t, urls, { upstream: { plugins } })
      const client = await RawClient.connect(t, port)
      for (let i = 0; i < ASKED; i++) {
        assert.equal(statusOf(await client.send(GET).answer()), 502)
      }
      await whenIdle(gateway)
      return settled(() => endpoints.reduce((sum, { accepted }) => sum + accepted, 0))
    }

    test('see what was asked, without retry', async (t) => {
      assert.equal(await attempts(t), ASKED)
    })

    test('see at most a fifth more and three, with retry', async (t) => {
      const made = await attempts(t, [retry()])
      assert.ok(made > ASKED, 'some were retried')
      assert.ok(made <= 1.2 * ASKED + 3, `${made} attempts for ${ASKED} requests`)
    })
  })
}

describe('a connection that the endpoint closes as a request comes', () => {
  /** Answers the first request of each connection, and ends it when the second one comes. */
  const startClosing = (t: TestContext) =>
    startRawEndpoint(t, async (socket, requests) => {
      await requests.next({ deadlineMs: PATIENCE_MS }).catch(() => undefined)
      socket.write(OK)
      await requests.next({ deadlineMs: PATIENCE_MS }).catch(() => undefined)
      socket.destroy()
    })

  test('costs no GET under retry, though there is one endpoint alone', async (t) => {
    const closing = await startClosing(t)
    const { gateway, port } = await startGatewayTo(t, [closing.url], {
      upstream: { plugins: [retry({ budget: { share: 1 } })] },
    })
    const client = await RawClient.connect(t, port)
    for (let i = 0; i < 40; i++) {
      assert.equal((await client.send(GET).answer())?.body.toString(), 'ok')
    }
    await whenIdle(gateway)
  })

  test('costs no GET without retry either', async (t) => {
    const closing = await startClosing(t)
    const { gateway, port } = await startGatewayTo(t, [closing.url])
    const client = await RawClient.connect(t, port)
    for (let i = 0; i < 40; i++) {
      assert.equal((await client.send(GET).answer())?.body.toString(), 'ok')
    }
    await whenIdle(gateway)
  })

  test('is replaced once, and not again when the new one is closed as well', async (t) => {
    let asked = 0
    const endpoint = await startRawEndpoint(t, async (socket, requests, number) => {
      for (let nth = 0; ; nth++) {
        await requests.next({ deadlineMs: PATIENCE_MS }).catch(() => undefined)
        asked++
        if (number > 0 || nth > 0) break
        socket.write(OK)
      }
      socket.destroy()
    })
    const { gateway, port } = await startGatewayTo(t, [endpoint.url])
    const client = await RawClient.connect(t, port)
    assert.equal(statusOf(await client.send(GET).answer()), 200)
    assert.equal(statusOf(await client.send(GET).answer()), 502)
    assert.deepEqual([asked, endpoint.accepted], [3, 2])
    await whenIdle(gateway)
  })

  test('is a 502 for a POST, which the endpoint may have acted on', async (t) => {
    const closing = await startClosing(t)
    const { port } = await startGatewayTo(t, [closing.url], {
      upstream: { plugins: [retry({ budget: { share: 1 } })] },
    })
    const client = await RawClient.connect(t, port)
    const statuses = []
    for (let i = 0; i < 4; i++) statuses.push(statusOf(await client.send(POST).answer()))
    assert.deepEqual(statuses, [200, 502, 200, 502])
  })

  test('is not used again once its end has come', async (t) => {
    const endpoint = await startRawEndpoint(t, async (socket, requests) => {
      await requests.next({ deadlineMs: PATIENCE_MS }).catch(() => undefined)
      socket.end(OK)
    })
    const { gateway, port } = await startGatewayTo(t, [endpoint.url])
    const client = await RawClient.connect(t, port)
    for (let i = 0; i < 10; i++) {
      assert.equal(statusOf(await client.send(POST).answer()), 200)
      await waitFor(() => endpoint.sockets.size === 0, 'the connection is closed')
      await whenIdle(gateway)
    }
  })
})
