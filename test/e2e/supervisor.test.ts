import assert from 'node:assert/strict'
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { configFile, oneRoute } from '../support/config-file.ts'
import { waitFor, within } from '../support/deadline.ts'
import { listening } from '../support/listening.ts'
import { isAlive, startSupervised, workerOf } from '../support/supervised.ts'

// A worker starts while other tests run.
const START_MS = 15_000
const SLOW = 20

/** An endpoint that answers when told to. */
async function slowOrigin(t: TestContext) {
  const waiting: (() => void)[] = []
  const server = createServer((_req, res) => waiting.push(() => res.end('done')))
  return { ORIGIN: await listening(t, server), waiting }
}

function quickOrigin(t: TestContext): Promise<string> {
  return listening(
    t,
    createServer((_req, res) => res.end('fine')),
  )
}

async function bodyOf(url: string): Promise<string> {
  try {
    return await (await fetch(url, { headers: { connection: 'close' } })).text()
  } catch (error) {
    return String(((error as Error).cause as { code?: string }).code ?? error)
  }
}

test('a worker that is killed is replaced, and connections wait meanwhile', async (t) => {
  const { file } = configFile(t, oneRoute())
  const gateway = await startSupervised(t, file, { ORIGIN: await quickOrigin(t) })
  const worker = workerOf(gateway)
  process.kill(worker, 'SIGKILL')
  const killedAt = performance.now()
  await waitFor(() => !isAlive(worker), 'the end of the worker')
  const answers = Array.from({ length: 20 }, () => bodyOf(gateway.url))
  await waitFor(() => gateway.workers().length === 1, 'another worker')
  const replacedMs = performance.now() - killedAt
  const bodies = await within(Promise.all(answers), 'the answers', START_MS)
  t.diagnostic(`replaced after ${Math.round(replacedMs)} ms`)
  t.diagnostic(`answered after ${Math.round(performance.now() - killedAt)} ms`)
  assert.deepEqual(new Set(bodies), new Set(['fine']))
  assert.ok(replacedMs < 1_000)
  assert.match(gateway.errors(), new RegExp(`worker ${worker} was ended by SIGKILL; another one`))
})

test('a worker that cannot start any more is tried again, each time later', async (t) => {
  const before = "if (exists('broken')) throw new Error('broken')"
  const { file, folder } = configFile(t, oneRoute({ before }))
  const gateway = await startSupervised(t, file, { ORIGIN: await quickOrigin(t) })
  writeFileSync(join(folder, 'broken'), '')
  process.kill(workerOf(gateway), 'SIGKILL')
  await gateway.told(/another one starts at once/)
  await gateway.told(/could not start; another one starts in 250 ms/)
  await gateway.told(/could not start; another one starts in 500 ms/)
  const answer = bodyOf(gateway.url)
  rmSync(join(folder, 'broken'))
  await gateway.told(/sluice: worker \d+ serves again/)
  assert.equal(await within(answer, 'the answer'), 'fine')
})

test('SIGTERM lets slow requests in flight finish, and both processes end with 0', async (t) => {
  const { ORIGIN, waiting } = await slowOrigin(t)
  const { file } = configFile(t, oneRoute())
  const gateway = await startSupervised(t, file, { ORIGIN })
  const worker = workerOf(gateway)
  const answers = Array.from({ length: SLOW }, () => bodyOf(gateway.url))
  await waitFor(() => waiting.length === SLOW, 'the requests')
  gateway.child.kill('SIGTERM')
  await gateway.told(/sluice: draining; once more to end at once/)
  await within(refusal(gateway.url), 'a refusal')
  for (const go of waiting) go()
  assert.deepEqual(new Set(await within(Promise.all(answers), 'the answers')), new Set(['done']))
  assert.equal(await within(gateway.ended, 'the end'), 0)
  assert.match(gateway.output(), /sluice: stopped\n$/)
  assert.equal(isAlive(worker), false)
})

test('past the deadline slow requests are cut, told by number, and it still exits 0', async (t) => {
  const { ORIGIN, waiting } = await slowOrigin(t)
  const { file } = configFile(t, oneRoute({ rest: "shutdownTimeout: '200ms'" }))
  const gateway = await startSupervised(t, file, { ORIGIN })
  const answers = Array.from({ length: 3 }, () => bodyOf(gateway.url))
  await waitFor(() => waiting.length === 3, 'the requests')
  gateway.child.kill('SIGTERM')
  assert.equal(await within(gateway.ended, 'the end'), 0)
  assert.match(gateway.output(), /sluice: cut at the deadline: requests 3, tunnels 0\n/)
  await within(Promise.all(answers), 'the ends')
})

test('a second signal ends the worker at once as well', async (t) => {
  const { ORIGIN, waiting } = await slowOrigin(t)
  const { file } = configFile(t, oneRoute())
  const gateway = await startSupervised(t, file, { ORIGIN })
  const worker = workerOf(gateway)
  const answer = bodyOf(gateway.url)
  await waitFor(() => waiting.length === 1, 'the request')
  gateway.child.kill('SIGTERM')
  await gateway.told(/draining/)
  gateway.child.kill('SIGTERM')
  assert.equal(await within(gateway.ended, 'the end'), 143)
  assert.notEqual(await answer, 'done')
  await waitFor(() => !isAlive(worker), 'the end of the worker')
})

test('signals for a whole group, as from a terminal, drain as one would', async (t) => {
  const { ORIGIN, waiting } = await slowOrigin(t)
  const { file } = configFile(t, oneRoute())
  const gateway = await startSupervised(t, file, { ORIGIN })
  const answer = bodyOf(gateway.url)
  await waitFor(() => waiting.length === 1, 'the request')
  process.kill(workerOf(gateway), 'SIGINT')
  gateway.child.kill('SIGINT')
  await gateway.told(/draining/)
  for (const go of waiting) go()
  assert.equal(await within(answer, 'the answer'), 'done')
  assert.equal(await within(gateway.ended, 'the end'), 0)
})

test('a worker whose supervisor is killed finishes its requests and ends', async (t) => {
  const { ORIGIN, waiting } = await slowOrigin(t)
  const { file } = configFile(t, oneRoute())
  const gateway = await startSupervised(t, file, { ORIGIN })
  const worker = workerOf(gateway)
  const answer = bodyOf(gateway.url)
  await waitFor(() => waiting.length === 1, 'the request')
  gateway.child.kill('SIGKILL')
  await within(refusal(gateway.url), 'a refusal')
  for (const go of waiting) go()
  assert.equal(await within(answer, 'the answer'), 'done')
  await waitFor(() => !isAlive(worker), 'the end of the worker')
})

test('a worker that starts while its supervisor is killed ends as well', async (t) => {
  const { file } = configFile(t, oneRoute())
  const gateway = await startSupervised(t, file)
  gateway.child.kill('SIGUSR2')
  await waitFor(() => gateway.workers().length === 2, 'the next worker')
  const workers = gateway.workers()
  gateway.child.kill('SIGKILL')
  await waitFor(() => !workers.some(isAlive), 'the end of both', START_MS)
})

test('SIGTERM while another worker starts ends both', async (t) => {
  const { file } = configFile(t, oneRoute())
  const gateway = await startSupervised(t, file, { ORIGIN: await quickOrigin(t) })
  gateway.child.kill('SIGUSR2')
  await waitFor(() => gateway.workers().length === 2, 'the next worker')
  const workers = gateway.workers()
  gateway.child.kill('SIGTERM')
  assert.equal(await within(gateway.ended, 'the end', START_MS), 0)
  assert.deepEqual(workers.filter(isAlive), [])
})

test('SIGUSR1 to the supervisor reopens the access log of the worker', async (t) => {
  const rest = "plugins: [accessLog({ to: { file: new URL('log', import.meta.url).pathname } })]"
  const { file, folder } = configFile(t, oneRoute({ rest }))
  const gateway = await startSupervised(t, file, { ORIGIN: await quickOrigin(t) })
  const log = join(folder, 'log')
  await bodyOf(gateway.url)
  renameSync(log, `${log}.1`)
  gateway.child.kill('SIGUSR1')
  await waitFor(() => sizeOf(log) !== undefined, 'a new log')
  await bodyOf(gateway.url)
  await waitFor(() => (sizeOf(log) ?? 0) > 0, 'a line')
  assert.equal(isAlive(gateway.pid), true)
})

test('with --no-supervisor there is one process, which SIGUSR2 does not end', async (t) => {
  const { ORIGIN } = await slowOrigin(t)
  const { file } = configFile(t, oneRoute())
  const gateway = await startSupervised(t, file, { ORIGIN }, ['--no-supervisor'])
  assert.deepEqual(gateway.workers(), [])
  gateway.child.kill('SIGUSR2')
  await gateway.told(/no upgrade without a supervisor/)
  gateway.child.kill('SIGTERM')
  assert.equal(await within(gateway.ended, 'the end'), 0)
  assert.match(gateway.output(), /sluice: stopped\n$/)
})

/** Waits until nothing listens any more. */
async function refusal(url: string): Promise<void> {
  const { hostname, port } = new URL(url)
  const isRefused = (): Promise<boolean> =>
    new Promise((resolve) => {
      const socket = connect(Number(port), hostname)
      socket.on('connect', () => socket.destroy()).on('error', () => {})
      socket.on('close', resolve)
    })
  while (!(await isRefused()));
}

function sizeOf(file: string): number | undefined {
  try {
    return readFileSync(file).length
  } catch {
    return undefined
  }
}
