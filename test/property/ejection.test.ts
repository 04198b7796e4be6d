import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Outcome } from 'sluice'
import { SeededRng } from 'sluice/testing'
import type { LiveEndpoint } from '../../core/upstream/endpoint.ts'
import { Ejecting } from '../plugins/outlier-ejection/ejecting.ts'

const SEED = 20_261_125
const WINDOW_MS = 10_000

/** Endpoints that are all the same: what happens to a request is drawn, wherever it goes. */
interface Sameness {
  readonly endpoints: number
  /** Requests that one of them gets in a window. */
  readonly requests: number
  /** The share that fails. */
  readonly failing: number
  readonly failure: Outcome
  readonly isAnswered: boolean
}

/** In how many of so many windows an endpoint was ejected. */
function wrongWindows(same: Sameness, windows: number, rng: SeededRng): number {
  const ids = Array.from({ length: same.endpoints }, (_, i) => `e${i}`)
  const it = new Ejecting(ids, { time: '100ms', forget: '100ms' })
  const stepMs = WINDOW_MS / same.requests
  let wrong = 0
  for (let window = 0; window < windows; window++) {
    let isWrong = false
    for (let request = 0; request < same.requests; request++) {
      for (const { id, holds } of it.bench.endpoints) {
        if (holds !== 0) isWrong = true
        else if (rng.unit() >= same.failing) it.send(id, 1)
        else it.send(id, 1, { outcome: same.failure, isAnswered: same.isAnswered })
      }
      it.pass(stepMs)
    }
    if (isWrong) wrong++
  }
  return wrong
}

const ERRORS = { failure: 'upstream-error', isAnswered: true } as const
const RESETS = { failure: 'upstream-error', isAnswered: false } as const

test('of endpoints that are all the same one is ejected in less than 1 % of the windows', () => {
  console.log(`seed ${SEED}`)
  const rng = new SeededRng(SEED)
  const told: string[] = []
  for (const { endpoints, windows } of [
    { endpoints: 2, windows: 200 },
    { endpoints: 5, windows: 120 },
    { endpoints: 50, windows: 30 },
  ]) {
    let all = 0
    let wrong = 0
    for (const kind of [ERRORS, RESETS]) {
      for (const failing of [0.001, 0.01, 0.05, 0.3, 0.7]) {
        for (const requests of [7, 25, 100, 400]) {
          all += windows
          wrong += wrongWindows({ endpoints, requests, failing, ...kind }, windows, rng)
        }
      }
    }
    told.push(`${endpoints} endpoints: ${wrong} of ${all} windows`)
    assert.ok(wrong < all / 100, told.join(', '))
  }
  console.log(told.join(', '))
})

type Step =
  | { readonly kind: 'send'; readonly which: number; readonly outcome: Outcome }
  | { readonly kind: 'hold' | 'vouch' | 'begin' | 'end'; readonly which: number }
  | { readonly kind: 'pass'; readonly ms: number }
  | { readonly kind: 'configure'; readonly count: number }

const which = fc.nat({ max: 99 })
const outcome = fc.constantFrom<Outcome>(
  'ok',
  'connect-failed',
  'timeout',
  'upstream-error',
  'overload',
  'client-abort',
)
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('send' as const), which, outcome }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constantFrom('begin' as const, 'end' as const), which }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constantFrom('hold' as const, 'vouch' as const), which }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.nat({ max: 3_000 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('configure' as const),
      count: fc.integer({ min: 1, max: 8 }),
    }),
  },
)

/** An upstream under random steps; after each one the ejections must be within their bounds. */
class Run {
  readonly #it = new Ejecting(['e0', 'e1', 'e2', 'e3'])
  readonly #other = this.#it.bench.view()
  readonly #flows: ReturnType<Ejecting['begin']>[] = []

  constructor() {
    // At the moment it happens: endpoints that leave later may take ready ones with them.
    this.#other.watch({
      changed: (_endpoint, { event, reason }) => {
        if (event !== 'held' || reason !== 'ejection') return
        const { endpoints } = this.#it.bench
        const most = Math.max(1, Math.floor(endpoints.length / 2))
        assert.ok(this.#ejected().length <= most, 'too many are ejected')
        assert.ok(
          endpoints.some(({ holds }) => holds === 0),
          'nobody is left',
        )
      },
    })
  }

  take(next: Step): void {
    if (next.kind === 'pass') this.#it.pass(next.ms)
    else if (next.kind === 'configure') {
      this.#it.bench.configure(...Array.from({ length: next.count }, (_, i) => `e${i}`))
    } else if (next.kind === 'end') {
      const flow = this.#flows.splice(next.which % (this.#flows.length || 1), 1)[0]
      if (flow !== undefined) this.#it.end(flow)
    } else this.#on(this.#any(next.which), next)
    this.#check()
  }

  finish(): void {
    this.#it.pass(7_200_000)
    for (const flow of this.#flows) this.#it.end(flow)
    this.#it.pass(7_200_000)
    assert.equal(this.#ejected().length, 0, 'everybody comes back')
    assert.deepEqual(this.#it.bench.errors, [])
  }

  #on(endpoint: LiveEndpoint, next: Step): void {
    if (next.kind === 'vouch') this.#other.vouch(endpoint)
    else if (next.kind === 'hold') this.#other.hold(endpoint, 'drain', { forMs: 1_000 })
    else if (endpoint.holds !== 0) return
    else if (next.kind === 'begin') this.#flows.push(this.#it.begin(endpoint.id))
    else if (next.kind === 'send') {
      // In a row, so that there are ejections at all.
      for (let i = 0; i < 7 && endpoint.holds === 0; i++) {
        this.#it.send(endpoint.id, 1, { outcome: next.outcome })
      }
    }
  }

  #check(): void {
    assert.deepEqual(this.#it.bench.errors, [])
    for (const id of this.#ejected()) {
      const { holds } = this.#it.view.state(this.#it.bench.endpoint(id))
      assert.equal(holds.filter(({ reason }) => reason === 'ejection').length, 1)
    }
  }

  #ejected(): string[] {
    return this.#it.bench.endpoints
      .filter((endpoint) =>
        this.#it.view.state(endpoint).holds.some(({ reason }) => reason === 'ejection'),
      )
      .map(({ id }) => id)
  }

  #any(which: number): LiveEndpoint {
    const { endpoints } = this.#it.bench
    return endpoints[which % endpoints.length] as LiveEndpoint
  }
}

test('whatever happens, ejections end, are one an endpoint, and within their share', () => {
  console.log(`seed ${SEED}`)
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 120, size: 'max' }), (steps) => {
      const run = new Run()
      for (const next of steps) run.take(next)
      run.finish()
    }),
    { seed: SEED, numRuns: 500 },
  )
})
