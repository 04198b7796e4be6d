import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Endpoint, Failure, Flow, Upstream } from 'sluice'
import { retry } from 'sluice/plugins'
import { instantiate } from 'sluice/testing'

const DRAWS = 2_000
const AFFORD_ALL = { budget: { min: DRAWS } }
const UPSTREAM = {
  name: 'it',
  endpoints: [{ holds: 0 }, { holds: 0 }] as unknown as readonly Endpoint[],
} as Upstream

/** A GET whose connection was refused. */
const REFUSED: Failure = {
  attempt: 1,
  outcome: 'connect-failed',
  status: 0,
  retryAfterMs: -1,
  sent: 'nothing',
  reused: false,
  replayable: true,
  idempotent: true,
  leftMs: Number.POSITIVE_INFINITY,
}

type Options = NonNullable<Parameters<typeof retry>[0]>

/** The waits that as many failures get as there are draws, each of a flow of its own. */
function waits(options: Options, differences: Partial<Failure>, draws = DRAWS): number[] {
  const plugin = instantiate(retry({ ...AFFORD_ALL, ...options }))
  const failure = { ...REFUSED, ...differences }
  return Array.from({ length: draws }, () => {
    const flow = { upstream: UPSTREAM, endpoint: UPSTREAM.endpoints[0], avoid: undefined }
    return plugin.again?.(flow as unknown as Flow, failure) ?? Number.NaN
  })
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

/** All of [from, from + range) is as likely: full jitter. */
function assertFull(values: readonly number[], range: number, from = 0): void {
  assert.ok(Math.min(...values) >= from && Math.min(...values) < from + range * 0.02)
  assert.ok(Math.max(...values) < from + range && Math.max(...values) > from + range * 0.98)
  assert.ok(Math.abs(mean(values) - from - range / 2) < range * 0.03, `mean ${mean(values)}`)
}

test('the first retry waits for anything from 0 to 25 ms, each as likely', () => {
  assertFull(waits({}, {}), 25)
})

test('each further retry may wait twice as long, up to the longest wait', () => {
  assertFull(waits({ retries: 5 }, { attempt: 3 }), 100)
  assertFull(waits({ retries: 5 }, { attempt: 5 }), 250)
})

test('Retry-After is waited for before that, and beyond the cap there is no retry', () => {
  assertFull(waits({}, { outcome: 'overload', status: 503, retryAfterMs: 1_000 }), 25, 1_000)
  const beyond = { outcome: 'overload', status: 503, retryAfterMs: 1_001 } as const
  assert.deepEqual(waits({}, beyond, 1), [-1])
})

test('no wait goes beyond the deadline', () => {
  const allowed = waits({}, { leftMs: 10 }).filter((delayMs) => delayMs >= 0)
  assert.ok(allowed.length > 0 && allowed.length < DRAWS)
  assert.ok(allowed.every((delayMs) => delayMs < 10))
})

test('by default there is one retry, on a lost or refused connection or a 503', () => {
  const isRetried = (differences: Partial<Failure>) => waits({}, differences, 1)[0] !== -1
  assert.equal(isRetried({}), true)
  assert.equal(isRetried({ attempt: 2 }), false)
  assert.equal(isRetried({ outcome: 'upstream-error', sent: 'all' }), true)
  assert.equal(isRetried({ outcome: 'upstream-error', sent: 'all', idempotent: false }), false)
  assert.equal(isRetried({ idempotent: false }), true)
  assert.equal(isRetried({ outcome: 'timeout', sent: 'all' }), false)
  assert.equal(isRetried({ outcome: 'overload', status: 503, sent: 'all' }), true)
  assert.equal(isRetried({ outcome: 'upstream-error', status: 500, sent: 'all' }), false)
  assert.equal(isRetried({ outcome: 'overload', status: 429, sent: 'all' }), false)
})
