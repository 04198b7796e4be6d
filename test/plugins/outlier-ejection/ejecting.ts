import assert from 'node:assert/strict'
import { bind, CLOCK, type Outcome, RNG } from 'sluice'
import { outlierEjection } from 'sluice/plugins'
import { instantiate, SeededRng } from 'sluice/testing'
import type { ActiveFlow } from '../../../core/upstream/flow.ts'
import type { UpstreamView } from '../../../core/upstream/view.ts'
import { Bench } from '../../core/upstream/scripted.ts'

export type Options = NonNullable<Parameters<typeof outlierEjection>[0]>

/** How an attempt goes. */
export interface Course {
  readonly outcome?: Outcome
  /** Ms to the first byte, or to the end without one. */
  readonly ms?: number
  /** Whether a first byte came; for what has no answer by nature false. */
  readonly isAnswered?: boolean
}

/** An upstream with the plugin under test, on a virtual clock, and flows that go where a test says. */
export class Ejecting {
  readonly bench: Bench
  readonly view: UpstreamView

  constructor(ids: readonly string[], options: Options = {}, seed = 1) {
    this.bench = new Bench(...ids)
    this.view = this.bench.view()
    const bindings = [bind(CLOCK, this.bench.clock), bind(RNG, new SeededRng(seed))]
    instantiate(outlierEjection(options), bindings).upstream?.(this.view)
  }

  /** A flow that has been sent to an endpoint. */
  begin(id: string): ActiveFlow {
    this.bench.strategy.script.push(this.bench.endpoint(id))
    const flow = this.bench.started()
    assert.equal(flow.endpoint?.id, id, `${id} is held`)
    return flow
  }

  end(flow: ActiveFlow, { outcome = 'ok', isAnswered = outcome === 'ok' }: Course = {}): void {
    if (isAnswered && flow.answeredAt === 0) flow.answered(this.bench.clock.now(), 'ok', 200)
    this.bench.upstream.release(flow, outcome)
  }

  /** So many whole attempts, one after the other. */
  send(id: string, count: number, course: Course = {}): void {
    for (let i = 0; i < count; i++) {
      const flow = this.begin(id)
      if (course.ms !== undefined) this.bench.clock.advance(course.ms)
      this.end(flow, course)
    }
  }

  pass(ms: number): void {
    this.bench.clock.advance(ms)
  }

  get ejected(): string[] {
    return this.bench.endpoints.filter(({ holds }) => holds !== 0).map(({ id }) => id)
  }

  /** The causes of the ejections of an endpoint so far, and of their ends. */
  told(id: string): string[] {
    const { changes } = this.view.state(this.bench.endpoint(id))
    return changes.filter(({ event }) => event !== 'joined').map(({ cause }) => cause)
  }

  /** How long the ejection in force lasts, in ms. */
  lasts(id: string): number {
    const [hold] = this.view.state(this.bench.endpoint(id)).holds
    assert(hold)
    return hold.until - hold.since
  }
}
