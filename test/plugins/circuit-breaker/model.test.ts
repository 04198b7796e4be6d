import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Outcome } from 'sluice'
import type { ActiveFlow } from '../../../core/upstream/flow.ts'
import { Breaking } from './breaking.ts'
import { type Call, Reference, type ReferenceRules } from './reference.ts'

const SEED = 20_260_106
const RUNS = 400

interface Pair {
  readonly flow: ActiveFlow
  /** Undefined for one of an endpoint that has left: nothing that it does counts. */
  call: Call | undefined
}

const rules: fc.Arbitrary<ReferenceRules> = fc.record({
  consecutive: fc.integer({ min: 2, max: 6 }),
  failureRate: fc.constantFrom(0.3, 0.5, 1),
  slowRate: fc.constantFrom(0.5, 1),
  slowMs: fc.constantFrom(100, 500),
  minCalls: fc.integer({ min: 2, max: 10 }),
  windowMs: fc.constantFrom(1_000, 10_000),
  openMs: fc.constantFrom(100, 1_000),
  maxOpenMs: fc.constantFrom(2_000, 60_000),
  permits: fc.integer({ min: 1, max: 4 }),
  successes: fc.integer({ min: 1, max: 4 }),
})

type Step =
  | { kind: 'begin' }
  | { kind: 'head'; at: number; status: number }
  | { kind: 'end'; at: number; outcome: Outcome }
  | { kind: 'pass'; ms: number }
  | { kind: 'restart' }

const at = fc.nat(30)
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.constant<Step>({ kind: 'begin' }) },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('head' as const),
      at,
      status: fc.constantFrom(200, 200, 500, 500, 500, 404, 101, 302),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('end' as const),
      at,
      outcome: fc.constantFrom<Outcome>(
        'ok',
        'upstream-error',
        'timeout',
        'connect-failed',
        'client-abort',
        'local',
      ),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('pass' as const),
      ms: fc.constantFrom(0, 1, 50, 99, 100, 500, 1_000, 2_000, 10_000),
    }),
  },
  { weight: 1, arbitrary: fc.constant<Step>({ kind: 'restart' }) },
)

class Both {
  readonly real: Breaking
  model: Reference
  readonly #rules: ReferenceRules
  #pairs: Pair[] = []
  most = 0

  constructor(given: ReferenceRules) {
    this.#rules = given
    this.model = new Reference(given)
    this.real = new Breaking(['a', 'b'], {
      consecutive: given.consecutive,
      failureRate: given.failureRate,
      slow: { rate: given.slowRate, after: given.slowMs },
      minCalls: given.minCalls,
      window: given.windowMs,
      openFor: given.openMs,
      maxOpenFor: given.maxOpenMs,
      permits: given.permits,
      successes: given.successes,
      jitter: 0,
      ramp: { step: 1 },
    })
  }

  run(one: Step): void {
    if (one.kind === 'begin') this.#begin()
    else if (one.kind === 'head') this.#head(one.at, one.status)
    else if (one.kind === 'end') this.#end(one.at, one.outcome)
    else if (one.kind === 'pass') this.real.pass(one.ms)
    else this.#restart()
    this.model.passed(this.#now)
    this.#compare(one)
  }

  get #now(): number {
    return this.real.bench.clock.now()
  }

  #begin(): void {
    const flow = this.real.tried('a')
    const call = this.model.begin(this.#now)
    assert.equal(flow !== undefined, call !== undefined, 'both let it in, or neither does')
    if (flow !== undefined) this.#pairs.push({ flow, call })
  }

  #head(index: number, status: number): void {
    const pair = this.#pairs[index]
    if (pair === undefined || pair.flow.answeredAt > 0) return
    pair.flow.answered(this.#now, status < 500 ? 'ok' : 'upstream-error', status)
    if (pair.call !== undefined) this.model.head(pair.call, status, this.#now)
  }

  #end(index: number, outcome: Outcome): void {
    const pair = this.#pairs[index]
    // Without a head nothing is well; with one the connection is no question any more.
    if (pair === undefined || (outcome === 'ok') !== pair.flow.answeredAt > 0) return
    this.#pairs.splice(index, 1)
    this.real.bench.upstream.release(pair.flow, outcome)
    if (pair.call !== undefined) this.model.end(pair.call, outcome, this.#now)
  }

  #restart(): void {
    this.real.bench.configure('b')
    this.real.bench.configure('a', 'b')
    this.model = new Reference(this.#rules)
    for (const pair of this.#pairs) pair.call = undefined
  }

  #compare(one: Step): void {
    const { model, real } = this
    const { kind, reopenings } = model
    const note = JSON.stringify(one)
    assert.equal(real.state('a'), kind, note)
    assert.equal(real.held.includes('a'), kind === 'open', note)
    const told = real.status('a') as Record<string, unknown>
    if (kind === 'closed') {
      const { calls, failures, slow } = told
      assert.deepEqual({ calls, failures, slow }, model.counts(this.#now), note)
    } else if (kind === 'half-open') {
      const { permits, successes } = told
      const left = this.#rules.permits - model.probing
      assert.deepEqual({ permits, successes }, { permits: left, successes: model.successes }, note)
    } else assert.equal(told.until, model.until, note)
    if (kind !== 'closed') assert.equal(told.reopenings, reopenings, note)
    const waiting = this.#pairs.filter(({ call, flow }) => {
      return call?.period === model.period && flow.answeredAt === 0
    })
    if (kind === 'half-open') assert.ok(waiting.length <= this.#rules.permits, note)
  }
}

test(`calls, answers, aborts, time and restarts in any order, as the reference has them, seed ${SEED}`, () => {
  const seen = new Set<string>()
  const property = fc.property(
    rules,
    fc.array(step, { minLength: 40, maxLength: 300, size: 'max' }),
    (given, steps) => {
      const both = new Both(given)
      for (const one of steps) {
        const before = both.model.kind
        both.run(one)
        if (before !== both.model.kind) seen.add(`${before} -> ${both.model.kind}`)
      }
    },
  )
  fc.assert(property, { seed: SEED, numRuns: RUNS })
  const moves = ['closed -> open', 'half-open -> closed', 'half-open -> open', 'open -> half-open']
  for (const move of moves) assert.ok(seen.has(move), `never seen: ${move}`)
})
