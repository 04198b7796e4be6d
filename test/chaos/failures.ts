import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { PluginUse } from 'sluice'
import { outlierEjection, powerOfTwo, retry, slowStart } from 'sluice/plugins'
import { waitFor } from '../support/deadline.ts'
import { startEndpointProcess } from '../support/endpoint-process.ts'
import { startGatewayTo } from '../support/start-gateway.ts'
import { Steady } from '../support/steady.ts'

const PER_SECOND = 1_000

/** Four endpoints in processes of their own behind a gateway, under traffic. */
async function four(t: TestContext, plugins: readonly PluginUse[]) {
  const endpoints = await Promise.all([0, 0, 0, 0].map(() => startEndpointProcess(t)))
  const urls = endpoints.map(({ url }) => url)
  const { gateway, port } = await startGatewayTo(t, urls, {
    upstream: { balance: powerOfTwo(), plugins },
  })
  const traffic = new Steady(t, port, PER_SECOND)
  await traffic.for(1_000)
  const ready = (url: string) => {
    const { endpoints: all } = gateway.status().upstreams.it ?? { endpoints: [] }
    return all.find((endpoint) => endpoint.url === url)?.ready
  }
  return { endpoints, traffic, ready }
}

test('each of 4 endpoints is killed and started again, twice over: no GET fails', async (t) => {
  const { endpoints, traffic, ready } = await four(t, [outlierEjection(), retry(), slowStart()])
  // Each ejection lasts twice as long as the one before.
  for (let round = 0; round < 2; round++) {
    for (const [place, { url, port, kill }] of endpoints.entries()) {
      kill('SIGKILL')
      await waitFor(() => ready(url) === false, 'it is out', 1_000)
      endpoints[place] = await startEndpointProcess(t, port)
      await waitFor(() => ready(url) === true, 'it is back', 10_000 * 2 ** round)
      await traffic.for(1_000)
    }
  }
  const { statuses, failed } = await traffic.stop()
  t.diagnostic(`${statuses.get(200)} requests`)
  assert.deepEqual([[...statuses.keys()], failed], [[200], 0])
})

test('an endpoint that is frozen for a minute costs at most 2 %, and nothing once it wakes', async (t) => {
  const { endpoints, traffic, ready } = await four(t, [outlierEjection(), retry()])
  const [victim] = endpoints
  assert(victim)
  victim.kill('SIGSTOP')
  const began = performance.now()
  await waitFor(() => ready(victim.url) === false, 'it is out', 2_600)
  t.diagnostic(`out after ${Math.round(performance.now() - began)} ms`)
  await traffic.for(57_000)
  assert.equal(ready(victim.url), false, 'it is still out')
  victim.kill('SIGCONT')
  await waitFor(() => ready(victim.url) === true, 'it is back', 1_000)
  await traffic.for(2_000)
  const { statuses, failed } = await traffic.stop()
  const good = statuses.get(200) ?? 0
  const all = failed + [...statuses.values()].reduce((sum, count) => sum + count, 0)
  t.diagnostic(`${good} of ${all} requests`)
  assert.ok(good / all >= 0.98, JSON.stringify([...statuses]))
})
