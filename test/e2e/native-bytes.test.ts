import assert from 'node:assert/strict'
import { test } from 'node:test'
import compress from '@fastify/compress'
import type { FastifyInstance } from 'fastify'
import { definePlugin, native, type Summary, Type } from 'sluice'
import { roundRobin } from 'sluice/plugins'
import { A } from '../support/certificates.ts'
import { waitFor } from '../support/deadline.ts'
import { answerText, startEndpoint } from '../support/endpoint-server.ts'
import { exchange } from '../support/raw-client.ts'
import { startGateway } from '../support/start-gateway.ts'
import { ask, connectHttp2 } from '../support/stream-client.ts'
import type { Teardown } from '../support/teardown.ts'

const OWN = 'by itself: \u20ac'

/** Answers `/own` by itself. */
function answering(scope: FastifyInstance, _options: object, done: () => void): void {
  scope.addHook('onRequest', async (request, reply) => {
    if (request.raw.url === '/own') await reply.send(OWN)
  })
  done()
}
Object.assign(answering, { [Symbol.for('skip-override')]: true })

async function started(t: Teardown) {
  const sent: Summary['sent'][] = []
  const watching = definePlugin({
    name: 'watching',
    options: Type.Object({}),
    create: () => ({
      finished({ summary }) {
        sent.push(summary.sent)
      },
    }),
  })
  const endpoint = await startEndpoint(t, () =>
    answerText('x'.repeat(70_000), 'content-type: text/plain\r\n'),
  )
  const config = {
    upstreams: { it: { endpoints: [endpoint.url], balance: roundRobin() } },
    routes: [
      { path: '/', to: 'it', plugins: [native(answering, {}), native(compress, { threshold: 0 })] },
    ],
    plugins: [watching()],
    shutdownTimeout: '500ms',
  } as const
  const listener = { port: 0, host: '127.0.0.1' }
  const { port: plain } = await startGateway(t, { ...config, http: listener })
  const { port: secure } = await startGateway(t, { ...config, http: { ...listener, tls: A } })
  const next = async (): Promise<number> => {
    await waitFor(() => sent.length > 0, 'an exchange is over')
    return sent.shift() ?? -1
  }
  return { plain, secure, next }
}

const OWN_BYTES = Buffer.byteLength(OWN)

test('what a native plugin answers by itself is counted', async (t) => {
  const { plain, secure, next } = await started(t)
  await exchange(t, plain, 'GET /own HTTP/1.1\r\nhost: a.test\r\n\r\n')
  assert.equal(await next(), OWN_BYTES)
  await exchange(t, plain, 'HEAD /own HTTP/1.1\r\nhost: a.test\r\n\r\n', { isBodiless: true })
  assert.equal(await next(), 0)
  const session = await connectHttp2(t, secure)
  await ask(session, { ':path': '/own' })
  assert.equal(await next(), OWN_BYTES)
})

test('what a native plugin makes of an answer is counted, not what the endpoint sent', async (t) => {
  const { plain, secure, next } = await started(t)
  const asking = 'host: a.test\r\naccept-encoding: gzip\r\n'
  const answer = await exchange(t, plain, `GET / HTTP/1.1\r\n${asking}\r\n`)
  const bytes = await next()
  assert.equal(bytes, answer?.body.length)
  assert.ok(bytes < 1_000, `${bytes} bytes`)
  await exchange(t, plain, 'GET / HTTP/1.1\r\nhost: a.test\r\n\r\n')
  assert.equal(await next(), 70_000)
  const session = await connectHttp2(t, secure)
  const streamed = await ask(session, { ':path': '/', 'accept-encoding': 'gzip' })
  assert.equal(await next(), streamed.body.length)
})
