import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { type TestContext, test } from 'node:test'
import { configFile, oneRoute } from '../support/config-file.ts'
import { waitFor, within } from '../support/deadline.ts'
import { listening } from '../support/listening.ts'
import { headerOf } from '../support/message-reader.ts'
import { RawClient } from '../support/raw-client.ts'
import { startSteadyLoad } from '../support/steady-load.ts'
import { isAlive, type Supervised, startSupervised, workerOf } from '../support/supervised.ts'

async function statusOf(url: string): Promise<number | string> {
  try {
    return (await fetch(url, { headers: { connection: 'close' } })).status
  } catch (error) {
    return ((error as Error).cause as { code: string }).code
  }
}

/** Waits until nobody holds the socket: the supervisor hears of a drop a moment after the log. */
async function refused(url: string): Promise<void> {
  while ((await statusOf(url)) !== 'ECONNREFUSED');
}

/** A supervised gateway on 127.0.0.1, and its listeners on other addresses of the same port. */
async function start(t: TestContext) {
  let finish: (() => void) | undefined
  const server = createServer((req, res) => {
    if (req.url === '/slow') finish = () => res.end('late')
    else res.end('fine')
  })
  const { file, write } = configFile(t, oneRoute())
  const gateway = await startSupervised(t, file, { ORIGIN: await listening(t, server) })
  const { port } = new URL(gateway.url)
  let reloads = 0
  const ask = (...lasts: readonly number[]): void => {
    const listeners = lasts.map((last) => `{ host: '127.0.0.${last}', port: ${port} }`)
    write(oneRoute({ listener: `[{ host: '127.0.0.1', port: 0 }, ${listeners}]` }))
    gateway.child.kill('SIGHUP')
  }
  return {
    gateway,
    on: (last: number) => `http://127.0.0.${last}:${port}/`,
    isAsked: () => finish !== undefined,
    finish: () => finish?.(),
    ask,
    /** Has it listen on these addresses beside its own. */
    async listen(...lasts: readonly number[]) {
      ask(...lasts)
      reloads++
      const isDone = () => gateway.said().split('"reloaded: ').length - 1 === reloads
      await waitFor(isDone, () => gateway.said(), 15_000)
    },
  }
}

async function killWorker(gateway: Supervised): Promise<void> {
  const worker = workerOf(gateway)
  process.kill(worker, 'SIGKILL')
  await waitFor(() => !isAlive(worker), 'its end')
}

test('listeners that a reload adds, moves and drops are held by the supervisor from then on', async (t) => {
  const { gateway, on, listen } = await start(t)
  const load = startSteadyLoad(on(1), 2)
  await listen(2)
  assert.equal(await statusOf(on(2)), 200)
  await listen(3)
  assert.equal(await statusOf(on(3)), 200)
  await refused(on(2))
  await load.stop()
  assert.deepEqual(load.failures, [], 'the one that stays loses nothing')

  // Without a worker nobody but the supervisor can keep the sockets open.
  await killWorker(gateway)
  const found = await within(Promise.all([1, 2, 3].map((last) => statusOf(on(last)))), 'answers')
  assert.deepEqual(found, [200, 'ECONNREFUSED', 200])

  await listen()
  assert.equal(await statusOf(on(1)), 200)
  await refused(on(3))
  gateway.child.kill('SIGTERM')
  assert.equal(await within(gateway.ended, 'the end'), 0)
})

test('what is in flight on a listener that is dropped finishes', async (t) => {
  const { on, listen, finish, isAsked } = await start(t)
  await listen(2)
  const { port } = new URL(on(2))
  const client = await RawClient.connect(t, Number(port), '127.0.0.2')
  client.send('GET /slow HTTP/1.1\r\nHost: a.test\r\n\r\n')
  await waitFor(() => isAsked(), 'the request')
  await listen()
  await refused(on(2))
  finish()
  const answer = await client.answer()
  assert.equal(headerOf(answer, 'connection'), 'close')
  assert.equal(answer?.body.toString(), 'late')
  await within(client.rest(), 'the end of the connection')
})

test('an address that is taken changes nothing, under a supervisor too', async (t) => {
  const { gateway, on, listen, ask } = await start(t)
  await listen(2)
  const taken = createServer()
  const { port } = new URL(gateway.url)
  taken.listen(Number(port), '127.0.0.4')
  t.after(() => taken.close())
  await waitFor(() => taken.listening, 'it is taken')
  ask(4)
  await gateway.told(/"not reloaded: cannot listen on 127\.0\.0\.4:\d+: the address is in use"/)
  assert.deepEqual([await statusOf(on(1)), await statusOf(on(2))], [200, 200])
  await killWorker(gateway)
  // The file is still wrong: the next worker cannot start with it, and says why.
  await gateway.told(/cannot listen on 127\.0\.0\.4:\d+: the address is in use/)
  taken.close()
  await gateway.told(/serves again/)
  assert.deepEqual([await statusOf(on(1)), await statusOf(on(4))], [200, 200])
})
