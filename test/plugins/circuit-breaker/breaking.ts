import assert from 'node:assert/strict'
import { bind, CLOCK, LOGGER, type Outcome, type Plugin, RNG } from 'sluice'
import { breakersOf, type CircuitBreaker, circuitBreaker } from 'sluice/plugins'
import { instantiate, SeededRng } from 'sluice/testing'
import type { ActiveFlow } from '../../../core/upstream/flow.ts'
import type { UpstreamView } from '../../../core/upstream/view.ts'
import { Bench } from '../../core/upstream/scripted.ts'

export type Options = NonNullable<Parameters<typeof circuitBreaker>[0]>

/** An upstream with breakers, on a virtual clock, and flows that go where a test says. */
export class Breaking {
  readonly bench: Bench
  readonly view: UpstreamView
  readonly plugin: Plugin
  readonly lines: string[] = []

  constructor(ids: readonly string[], options: Options = {}, seed = 1) {
    this.bench = new Bench(...ids)
    this.view = this.bench.view()
    const note = (fields: object | string, message?: string) => {
      this.lines.push(`${message}: ${JSON.stringify(fields)}`)
    }
    const log = { debug: note, info: note, warn: note, error: note }
    const bindings = [
      bind(CLOCK, this.bench.clock),
      bind(RNG, new SeededRng(seed)),
      bind(LOGGER, log),
    ]
    this.plugin = instantiate(circuitBreaker(options), bindings)
    this.plugin.upstream?.(this.view)
  }

  breaker(id: string): CircuitBreaker {
    const [found] = breakersOf(this.bench.endpoint(id))
    assert(found)
    return found
  }

  /** A flow that the strategy would send to an endpoint; undefined if it does not get there. */
  tried(id: string): ActiveFlow | undefined {
    const endpoint = this.bench.endpoint(id)
    this.bench.strategy.script.push(endpoint, endpoint, endpoint, endpoint)
    const flow = this.bench.flow()
    const got = this.bench.upstream.acquire(flow)
    this.bench.strategy.script.length = 0
    if (got === endpoint) return flow
    this.bench.upstream.release(flow, 'local')
    return undefined
  }

  begin(id: string): ActiveFlow {
    const flow = this.tried(id)
    assert(flow, `${id} takes nothing`)
    return flow
  }

  /** Ends a flow: with a status, or without an answer. */
  end(flow: ActiveFlow, how: number | Outcome = 200): void {
    if (typeof how === 'string') {
      this.bench.upstream.release(flow, how)
      return
    }
    const outcome = outcomeOf(how)
    flow.answered(this.bench.clock.now(), outcome, how)
    this.bench.upstream.release(flow, outcome)
  }

  /** So many whole calls, one after the other. */
  send(id: string, count: number, how: number | Outcome = 200, ms = 0): void {
    for (let i = 0; i < count; i++) {
      const flow = this.begin(id)
      this.pass(ms)
      this.end(flow, how)
    }
  }

  pass(ms: number): void {
    this.bench.clock.advance(ms)
  }

  /** Opens it by failures in a row, and waits until it is half-open. */
  halfOpen(id: string): void {
    this.send(id, 5, 500)
    this.pass(5_000)
    assert.ok(this.breaker(id).halfOpen)
  }

  state(id: string): 'open' | 'half-open' | 'closed' {
    const breaker = this.breaker(id)
    return breaker.opened ? 'open' : breaker.halfOpen ? 'half-open' : 'closed'
  }

  /** What the plugin tells of an endpoint's breaker. */
  status(id: string): unknown {
    const told = this.plugin.status?.(this.view) as Record<string, unknown> | undefined
    return told?.[id]
  }

  get held(): string[] {
    return this.bench.endpoints.filter(({ holds }) => holds !== 0).map(({ id }) => id)
  }
}

function outcomeOf(status: number): Outcome {
  if (status === 429) return 'overload'
  return status < 500 ? 'ok' : 'upstream-error'
}
