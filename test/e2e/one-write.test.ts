import assert from 'node:assert/strict'
import { channel } from 'node:diagnostics_channel'
import { Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { answerText, startEndpoint } from '../support/endpoint-server.ts'
import { LANES } from '../support/lanes.ts'
import { statusOf } from '../support/message-reader.ts'
import { RawClient } from '../support/raw-client.ts'
import { startGatewayTo } from '../support/start-gateway.ts'

const GET = 'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n'

/** Counts the writes that reach the kernel, on connections that this port accepts. */
function countWrites(t: TestContext, port: number): { writes: number } {
  const count = { writes: 0 }
  const onSocket = (message: unknown): void => {
    const { socket } = message as { socket: Socket & { _handle: Record<string, () => unknown> } }
    if (!(socket instanceof Socket) || socket.localPort !== port) return
    for (const name of ['writev', 'writeBuffer', 'writeLatin1String', 'writeUtf8String']) {
      const real = socket._handle[name] as (...args: unknown[]) => unknown
      socket._handle[name] = (...args: unknown[]) => {
        count.writes++
        return real.apply(socket._handle, args)
      }
    }
  }
  const accepted = channel('net.server.socket')
  accepted.subscribe(onSocket)
  t.after(() => accepted.unsubscribe(onSocket))
  return count
}

for (const [lane, plugins] of Object.entries(LANES)) {
  test(`${lane}: a head and a body that is there already leave in one write`, async (t) => {
    const endpoint = await startEndpoint(t, () => answerText('a'.repeat(500)))
    const { port } = await startGatewayTo(t, [endpoint.url], { route: { plugins } })
    const count = countWrites(t, port)
    const client = await RawClient.connect(t, port)
    for (let asked = 1; asked <= 5; asked++) {
      assert.equal(statusOf(await client.send(GET).answer()), 200)
      assert.equal(count.writes, asked)
    }
  })
}
