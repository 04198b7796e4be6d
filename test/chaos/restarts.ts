import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { sluice } from '../support/command.ts'
import { configFile, oneRoute } from '../support/config-file.ts'
import { waitFor, within } from '../support/deadline.ts'
import { listening } from '../support/listening.ts'
import { startSteadyLoad } from '../support/steady-load.ts'
import { isAlive, startSupervised, workerOf } from '../support/supervised.ts'

const UPGRADES = 25
const KILLS = 15
const EACH = 8
// Some wait longer than an old worker keeps connections without a request.
const LONGEST_PAUSE_MS = 2_500
const START_MS = 20_000

async function started(t: Parameters<typeof listening>[0]) {
  const { file } = configFile(t, oneRoute())
  const server = createServer((_req, res) => res.end('fine'))
  const gateway = await startSupervised(t, file, { ORIGIN: await listening(t, server) })
  return { file, gateway }
}

test(`${UPGRADES} upgrades under load fail no request`, async (t) => {
  const { file, gateway } = await started(t)
  const busy = startSteadyLoad(gateway.url, EACH)
  const seldom = startSteadyLoad(gateway.url, EACH, LONGEST_PAUSE_MS)
  const slowest = { ms: 0 }
  for (let i = 0; i < UPGRADES; i++) {
    const startedAt = performance.now()
    const ran = sluice(['upgrade', '-c', file])
    assert.equal(await within(ran.ended, 'an upgrade', START_MS), 0, ran.errors())
    slowest.ms = Math.max(slowest.ms, performance.now() - startedAt)
    await pause(Math.random() * 1_500)
  }
  await Promise.all([busy.stop(), seldom.stop()])
  t.diagnostic(`${busy.fine() + seldom.fine()} requests, slowest upgrade ${slowest.ms | 0} ms`)
  assert.deepEqual([...busy.failures, ...seldom.failures], [])
  await waitFor(() => gateway.workers().length === 1, 'the end of the old workers', START_MS)
})

test(`${KILLS} killed workers cost what was in flight on them and refuse nobody`, async (t) => {
  const { gateway } = await started(t)
  const load = startSteadyLoad(gateway.url, EACH)
  const gaps: number[] = []
  for (let i = 0; i < KILLS; i++) {
    const worker = workerOf(gateway)
    process.kill(worker, 'SIGKILL')
    const killedAt = performance.now()
    await waitFor(() => !isAlive(worker), 'its end')
    const before = load.fine()
    // Longer than the back-off of a worker that never served for long.
    await waitFor(() => load.fine() > before + EACH * 4, 'answers again', 40_000)
    gaps.push(performance.now() - killedAt)
    if (i === 0) t.diagnostic(`the first one served again after ${Math.round(gaps[0] ?? 0)} ms`)
    // A worker that has served for 10 s is replaced at once.
    await pause(i < 3 ? 0 : 10_500)
  }
  await load.stop()
  t.diagnostic(`${load.fine()} requests, ${load.failures.length} cut; gaps ${gaps.map(Math.round)}`)
  assert.ok(load.failures.length <= KILLS * EACH * 2)
  assert.deepEqual(
    load.failures.filter((failure) => failure.includes('ECONNREFUSED')),
    [],
  )
})
