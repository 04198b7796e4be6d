import assert from 'node:assert/strict'
import { test } from 'node:test'
import { random } from 'sluice/plugins'
import {
  type ClientModel,
  constant,
  defineScenario,
  type EndpointModel,
  exponential,
  poisson,
  runScenario,
  type ScenarioFile,
  type VariantReport,
} from 'sluice/simulate'
import { SeededRng } from 'sluice/testing'
import { backoffMs } from '../../../../core/simulate/clients/backoff.ts'
import { RetryTokens } from '../../../../core/simulate/clients/retry-tokens.ts'

const TERMS = { baseMs: 100, capMs: 1_000 }

/** What one kind of clients comes to in front of one endpoint. */
async function told(
  client: ClientModel,
  endpoint: EndpointModel,
  more: Partial<ScenarioFile> = {},
): Promise<VariantReport> {
  const upstreams = { api: { endpoints: [endpoint], balance: random() } }
  const file = {
    title: 'Clients',
    duration: '100s',
    upstreams,
    clients: [client],
    ...more,
  } as const
  const { variants } = await runScenario(defineScenario(file as ScenarioFile))
  return variants[0] as VariantReport
}

test('waits grow to the cap: fixed, halved, from nothing on, or from the wait before', () => {
  const rng = new SeededRng(1)
  const waits = (policy: 'exponential' | 'equal' | 'full' | 'decorrelated'): number[][] =>
    [1, 2, 5].map((failures) =>
      Array.from({ length: 2_000 }, () => backoffMs(policy, failures, 200, TERMS, rng)),
    )
  const [least, most] = [Math.min, Math.max].map(
    (pick) => (lists: number[][]) => lists.map((list) => Math.round(pick(...list) / 10) * 10),
  ) as [(lists: number[][]) => number[], (lists: number[][]) => number[]]
  assert.deepEqual(least(waits('exponential')), [200, 400, 1_000])
  assert.deepEqual(most(waits('exponential')), [200, 400, 1_000])
  assert.deepEqual(least(waits('equal')), [100, 200, 500])
  assert.deepEqual(most(waits('equal')), [200, 400, 1_000])
  assert.deepEqual(least(waits('full')), [0, 0, 0])
  assert.deepEqual(most(waits('full')), [200, 400, 1_000])
  assert.deepEqual(least(waits('decorrelated')), [100, 100, 100])
  assert.deepEqual(most(waits('decorrelated')), [600, 600, 600])
})

test('tokens are a share of the calls, no more than so many, and whole', () => {
  const tokens = new RetryTokens(0.25, 2)
  assert.deepEqual([tokens.spend(), tokens.spend(), tokens.spend()], [true, true, false])
  for (let call = 0; call < 3; call++) tokens.earn()
  assert.equal(tokens.spend(), false)
  tokens.earn()
  assert.equal(tokens.spend(), true)
})

test('a closed loop sends as fast as its clients think and are answered', async () => {
  const report = await told({ count: 90, think: exponential(800) }, { service: constant(100) })
  // 90 clients, one call each 0.9 s.
  assert.ok(Math.abs(report.figures.goodput - 100) < 3, `${report.figures.goodput} a second`)
  const [first, ...others] = report.slices.map(({ offered }) => offered)
  const later = others.reduce((sum, one) => sum + one, 0) / others.length
  assert.ok(Math.abs(Number(first) - later) < 40, 'it begins as it goes on')
})

test('each client of a closed loop makes as many calls as it may, then stops', async () => {
  const report = await told({ count: 20, calls: 3, start: 'together' }, { service: constant(100) })
  assert.equal(report.figures.good, 60)
  assert.equal(report.figures.completion, 300)
})

test('a client gives up after its time, tries again, and the call fails with its last try', async () => {
  const client = {
    arrivals: poisson(10),
    timeout: '1s',
    retry: { policy: 'immediate', times: 2 },
  } as const
  const { figures } = await told(client, { service: constant(5_000) }, { duration: '200s' })
  assert.equal(figures.good, 0)
  assert.equal(figures.errorShare, 1)
  assert.ok(Math.abs(figures.amplification - 3) < 0.1, `${figures.amplification} attempts a call`)
})

test('with a budget there are no more retries than tokens', async () => {
  const retry = { policy: 'immediate', times: 5, budget: { share: 0.1, most: 10 } } as const
  const { figures } = await told(
    { arrivals: poisson(100), retry, network: 1 },
    { service: 1, faults: [{ kind: 'fail', after: 1 }] },
  )
  assert.ok(figures.amplification > 1.09 && figures.amplification < 1.11)
})

test('a Retry-After is waited for, unless the clients do not heed it', async () => {
  const refusing: EndpointModel = {
    service: 1,
    faults: [{ kind: 'fail', status: 503, retryAfter: '10s' }],
  }
  const client = (retryAfter: boolean): ClientModel => ({
    count: 1,
    calls: 1,
    start: 'together',
    retry: { policy: 'exponential', times: 1, base: '500ms', retryAfter },
  })
  assert.equal((await told(client(true), refusing)).figures.completion, 10_000)
  assert.equal((await told(client(false), refusing)).figures.completion, 1_000)
})

test('the way to the gateway takes its time both ways, of each try', async () => {
  const client: ClientModel = { count: 1, calls: 1, start: 'together', network: 20 }
  assert.equal((await told(client, { service: constant(100) })).figures.completion, 140)
})
