import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { describe, type TestContext, test } from 'node:test'
import { waitFor, within } from '../support/deadline.ts'
import { OK, startEndpoint, startRawEndpoint } from '../support/endpoint-server.ts'
import { startGatewayProcess } from '../support/gateway-process.ts'
import { statusOf } from '../support/message-reader.ts'
import { RawClient } from '../support/raw-client.ts'

const EACH = 1_000
const GONE_WITHIN_MS = 6_000
// On an idle machine it is a few ms; here the attackers and their victim share few processors.
// No measurement: a busy machine slows it as well. Traffic that is held up waits until the attackers
// are gone, which takes 5 s.
const HELD_UP_MS = 4_000
const GET = 'GET /good HTTP/1.1\r\nHost: a.test\r\n\r\n'

/** What each attacker sends, and the status it gets. */
const ATTACKS: Readonly<Record<string, readonly [bytes: string, status: number]>> = {
  'are silent': ['', 408],
  'stop within a head': ['GET / HTTP/1.1\r\nHost: a.test\r\nX-A: b', 408],
  'send a header without end': [
    `GET / HTTP/1.1\r\nHost: a.test\r\nX-A: ${'a'.repeat(2 ** 15)}`,
    431,
  ],
  'send headers without end': [
    `GET / HTTP/1.1\r\nHost: a.test\r\n${'X-A: b\r\n'.repeat(5_000)}`,
    431,
  ],
  'upgrade to nothing': [
    'GET / HTTP/1.1\r\nHost: a.test\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n',
    404,
  ],
}

/** One connection of an attack. */
interface Attacker {
  answer: string
  /** How long it was open, in ms; NaN while it is. */
  livedMs: number
}

/** Connects, sends bytes and then nothing, and never leaves by itself. */
function attack(t: TestContext, port: number, bytes: string): Attacker {
  const attacker = { answer: '', livedMs: Number.NaN }
  let begun = performance.now()
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  const over = (): void => {
    attacker.livedMs = performance.now() - begun
    socket.destroy()
  }
  socket.on('connect', () => {
    begun = performance.now()
    socket.write(bytes)
  })
  socket.on('data', (chunk) => {
    attacker.answer += chunk.toString('latin1')
  })
  socket.on('end', over).on('error', over)
  t.after(() => socket.destroy())
  return attacker
}

/** Sends a request every 10 ms until it is stopped; gives how long the slowest hundredth took. */
async function goodTraffic(t: TestContext, port: number): Promise<() => Promise<number>> {
  const client = await RawClient.connect(t, port)
  const took: number[] = []
  let isOver = false
  const one = async (): Promise<void> => {
    const begun = performance.now()
    assert.equal(statusOf(await client.send(GET).answer()), 200)
    took.push(performance.now() - begun)
    await new Promise((resolve) => setTimeout(resolve, 10))
    if (!isOver) await one()
  }
  const traffic = one()
  return async () => {
    isOver = true
    await traffic
    return took.sort((a, b) => a - b)[Math.floor(took.length * 0.99)] ?? 0
  }
}

function isOver({ livedMs }: Attacker): boolean {
  return !Number.isNaN(livedMs)
}

describe('attacks', { concurrency: true }, () => {
  test(`${EACH} connections of each kind are gone within 6 s, and good traffic goes on`, async (t) => {
    const endpoint = await startEndpoint(t)
    const route = { path: '/good' }
    const gateway = await startGatewayProcess(t, [endpoint.url], { route })
    const stopTraffic = await goodTraffic(t, gateway.port)
    const attackers: Record<string, Attacker[]> = {}
    for (const [name, [bytes]] of Object.entries(ATTACKS)) {
      attackers[name] = Array.from({ length: EACH }, () => attack(t, gateway.port, bytes))
    }
    const all = Object.values(attackers).flat()
    const left = () => `nobody is left, but ${all.filter((one) => !isOver(one)).length}`
    await waitFor(() => all.every(isOver), left, 20_000)
    const p99 = await stopTraffic()
    for (const [name, [, status]] of Object.entries(ATTACKS)) {
      const list = attackers[name] ?? []
      const longest = Math.max(...list.map(({ livedMs }) => livedMs))
      t.diagnostic(`${name}: gone after ${Math.round(longest)} ms`)
      assert(longest < GONE_WITHIN_MS, `those that ${name} lived for ${longest} ms`)
      const statuses = new Set(list.map(({ answer }) => answer.slice(0, 12)))
      // What was not read of a bomb resets the connection, which may overtake the answer.
      statuses.delete('')
      assert.deepEqual([...statuses], [`HTTP/1.1 ${status}`], name)
    }
    t.diagnostic(`p99 of good traffic: ${p99.toFixed(1)} ms`)
    assert(p99 < HELD_UP_MS, `p99 of good traffic: ${p99} ms`)
    assert.deepEqual(await gateway.stop(), { code: 0, errors: '' })
  })

  test('300 slow uploads end by their rate and do not hold good traffic up', async (t) => {
    const endpoint = await startRawEndpoint(t, async (socket, requests) => {
      for (;;) {
        const head = await requests.head(60_000).catch(() => undefined)
        if (head === undefined || head.startLine.startsWith('POST')) return
        socket.write(OK)
      }
    })
    const gateway = await startGatewayProcess(t, [endpoint.url])
    const upload = 'POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 1000000\r\n\r\nhello'
    const slow = Array.from({ length: 300 }, () => attack(t, gateway.port, upload))
    await waitFor(() => endpoint.sockets.size >= 300, 'all uploads are under way')
    const stopTraffic = await goodTraffic(t, gateway.port)
    await waitFor(() => slow.every(isOver), 'nobody is left', 15_000)
    const p99 = await stopTraffic()
    t.diagnostic(`p99 of good traffic: ${p99.toFixed(1)} ms`)
    assert(p99 < HELD_UP_MS, `p99 of good traffic: ${p99} ms`)
    for (const { answer } of slow) assert.equal(answer.slice(0, 12), 'HTTP/1.1 408')
    const stopped = await within(gateway.stop(), 'the gateway stops')
    assert.deepEqual(stopped, { code: 0, errors: '' })
  })
})
