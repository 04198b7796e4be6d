import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Hold } from '../../core/contracts/endpoint.ts'
import type { LiveEndpoint } from '../../core/upstream/endpoint.ts'
import type { ActiveFlow } from '../../core/upstream/flow.ts'
import { Bench, ScriptedStrategy } from '../core/upstream/scripted.ts'

const SEED = 20_260_101
const RUNS = 1_500
const IDS = ['a', 'b', 'c', 'd', 'e']
const OUTCOMES = ['ok', 'timeout', 'client-abort', 'upstream-error'] as const

type Step =
  | { readonly kind: 'acquire'; readonly prefer: number }
  | { readonly kind: 'release' | 'unhold'; readonly which: number }
  | {
      readonly kind: 'hold'
      readonly which: number
      readonly view: number
      readonly reason: string
    }
  | { readonly kind: 'weigh'; readonly which: number; readonly view: number }
  | { readonly kind: 'close'; readonly view: number }
  | { readonly kind: 'configure'; readonly ids: readonly string[]; readonly isNew: boolean }
  | { readonly kind: 'advance'; readonly ms: number }

const which = fc.nat({ max: 99 })
const view = fc.nat({ max: 2 })
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('acquire' as const), prefer: which }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('release' as const), which }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('hold' as const),
      which,
      view,
      reason: fc.constantFrom('health', 'drain'),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('unhold' as const), which }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('weigh' as const), which, view }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('close' as const), view }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('configure' as const),
      ids: fc.uniqueArray(fc.constantFrom(...IDS), { maxLength: IDS.length }),
      isNew: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('advance' as const), ms: fc.nat({ max: 1_500 }) }),
  },
)

/** An upstream under random steps, and what must be true of it after each. */
class Run {
  readonly #bench = new Bench('a', 'b', 'c')
  readonly #strategies = [this.#bench.strategy]
  readonly #views = [this.#bench.view(), this.#bench.view(), this.#bench.view()]
  readonly #everSeen = new Set<LiveEndpoint>(this.#bench.endpoints)
  readonly #open = new Map<ActiveFlow, LiveEndpoint>()
  readonly #flows: ActiveFlow[] = []
  readonly #holds: { hold: Hold; view: number; isOver: boolean }[] = []

  take(next: Step): void {
    switch (next.kind) {
      case 'acquire':
        this.#acquire(next.prefer)
        return
      case 'release': {
        const flow = this.#flows[next.which % (this.#flows.length || 1)]
        if (flow === undefined) return
        this.#bench.upstream.release(flow, OUTCOMES[next.which % OUTCOMES.length] ?? 'ok')
        this.#open.delete(flow)
        return
      }
      case 'hold': {
        const endpoint = this.#any(next.which)
        const hold = this.#views[next.view]?.hold(endpoint, next.reason)
        if (hold !== undefined) this.#holds.push({ hold, view: next.view, isOver: false })
        return
      }
      case 'unhold': {
        const held = this.#holds[next.which % (this.#holds.length || 1)]
        held?.hold.release()
        if (held !== undefined) held.isOver = true
        return
      }
      case 'weigh':
        this.#views[next.view]?.weigh(this.#any(next.which), (next.which + 1) / 100)
        return
      case 'close':
        this.#views[next.view]?.close()
        this.#views[next.view] = this.#bench.view()
        for (const held of this.#holds) if (held.view === next.view) held.isOver = true
        return
      case 'configure':
        if (next.isNew) {
          this.#bench.strategy = new ScriptedStrategy()
          this.#strategies.push(this.#bench.strategy)
        }
        this.#bench.configure(...next.ids)
        for (const endpoint of this.#bench.endpoints) this.#everSeen.add(endpoint)
        return
      case 'advance':
        this.#bench.clock.advance(next.ms)
    }
  }

  check(): void {
    const existing = new Set(this.#bench.endpoints)
    for (const endpoint of this.#everSeen) {
      const open = [...this.#open.values()].filter((other) => other === endpoint).length
      assert.equal(endpoint.inflight, open, `inflight of ${endpoint.id}`)
      assert.ok(endpoint.weight > 0 && endpoint.weight <= 1)
      const isHeld = this.#holds.some(({ hold, isOver }) => !isOver && hold.endpoint === endpoint)
      assert.equal(
        endpoint.holds !== 0,
        isHeld || !existing.has(endpoint),
        `holds of ${endpoint.id}`,
      )
    }
    const counted = [...this.#everSeen].filter((one) => existing.has(one) || one.inflight > 0)
    assert.equal(new Set(counted.map(({ index }) => index)).size, counted.length, 'indexes')
  }

  finish(): void {
    for (const flow of this.#flows) this.#bench.upstream.release(flow, 'ok')
    for (const endpoint of this.#everSeen) assert.equal(endpoint.inflight, 0)
    for (const { started, settled } of this.#strategies) {
      assert.deepEqual(
        settled.map(([endpoint]) => endpoint.id).sort(),
        started.map(({ id }) => id).sort(),
      )
    }
    for (const one of this.#views) one.close()
    for (const endpoint of this.#bench.endpoints) assert.equal(endpoint.holds, 0)
    this.#bench.clock.advance(2_000)
    const ready = this.#bench.endpoints.map(({ id }) => id)
    assert.deepEqual(this.#bench.strategy.updates.at(-1), ready, 'the strategy’s last update')
    assert.deepEqual(this.#bench.errors, [])
  }

  #acquire(prefer: number): void {
    const flow = this.#bench.flow()
    if (prefer % 3 === 0) flow.prefer = this.#any(prefer)
    const updates = this.#bench.strategy.updates.length
    const wasReady = this.#bench.endpoints.filter(({ holds }) => holds === 0)
    const endpoint = this.#bench.upstream.acquire(flow)
    assert.equal(this.#bench.strategy.updates.length, updates, 'no update inside a request')
    this.#flows.push(flow)
    if (endpoint === undefined) return
    this.#open.set(flow, endpoint)
    assert.ok(this.#bench.endpoints.includes(endpoint), 'an endpoint that left was taken')
    if (endpoint === flow.prefer) {
      const reasons = this.#holds.filter((held) => !held.isOver && held.hold.endpoint === endpoint)
      assert.ok(reasons.every(({ hold }) => hold.reason === 'drain'))
    } else assert.ok(wasReady.includes(endpoint), 'a held endpoint was picked')
  }

  #any(which: number): LiveEndpoint {
    const all = [...this.#everSeen]
    return all[which % all.length] as LiveEndpoint
  }
}

test('whatever happens in whatever order, every flow is counted exactly once', () => {
  console.log(`seed ${SEED}, ${RUNS} runs`)
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 150, size: 'max' }), (steps) => {
      const run = new Run()
      for (const next of steps) {
        run.take(next)
        run.check()
      }
      run.finish()
    }),
    { seed: SEED, numRuns: RUNS },
  )
})
