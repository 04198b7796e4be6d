import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { test } from 'node:test'
import { SeededRng } from '../../core/system/rng.ts'
import { listening } from '../support/listening.ts'
import { startGatewayTo } from '../support/start-gateway.ts'

// Sockets read into memory that is used again: bodies that share it must not show in each other.
const CLIENTS = 24
const REQUESTS = 12

/** A body of its own for every number: bytes by the generator, from 0 to 600 KiB. */
function bodyOf(number: number): Buffer {
  const rng = new SeededRng(number)
  const body = Buffer.alloc(rng.below(4) === 0 ? rng.below(600_000) : rng.below(90_000))
  for (let i = 0; i + 4 <= body.length; i += 4) body.writeUInt32LE(rng.below(2 ** 32), i)
  return body
}

const digest = (bytes: Buffer): string => createHash('sha1').update(bytes).digest('hex')

test('many bodies at once arrive as they were sent, whether read fast or slowly', async (t) => {
  const origin = createServer((request, response) => {
    const number = Number(request.url?.slice(1))
    const body = bodyOf(number)
    if (number % 3 > 0) response.setHeader('content-length', body.length)
    for (let at = 0; at < body.length; at += 50_000) response.write(body.subarray(at, at + 50_000))
    response.end()
  })
  const { port } = await startGatewayTo(t, [await listening(t, origin)])

  const wrong: number[] = []
  await Promise.all(
    Array.from({ length: CLIENTS }, async (_, client) => {
      for (let i = 0; i < REQUESTS; i++) {
        const number = client * REQUESTS + i
        const got = await fetchSlowly(port, number, client % 2 === 0)
        if (digest(got) !== digest(bodyOf(number))) wrong.push(number)
      }
    }),
  )
  assert.deepEqual(wrong, [])
})

/** Fetches with a socket of its own, which stops reading between pieces if `isSlow`. */
async function fetchSlowly(port: number, number: number, isSlow: boolean): Promise<Buffer> {
  const socket = connect(port, '127.0.0.1')
  socket.write(`GET /${number} HTTP/1.0\r\nHost: a.test\r\n\r\n`)
  const pieces: Buffer[] = []
  for await (const piece of socket) {
    pieces.push(piece as Buffer)
    for (let turn = 0; isSlow && turn < 3; turn++)
      await new Promise((resolve) => setImmediate(resolve))
  }
  const answer = Buffer.concat(pieces)
  return answer.subarray(answer.indexOf('\r\n\r\n') + 4)
}
