import type { Outcome } from '../../../core/contracts/flow.ts'
import type { StrategyUse } from '../../../core/contracts/uses.ts'
import { SeededRng } from '../../../core/system/rng.ts'
import { type Stand, StrategyBench, stands } from '../../conformance/strategy-bench.ts'

/** How long an endpoint takes to answer a flow, and how that ends. */
export type Answer = (endpoint: Stand, now: number, rng: SeededRng) => readonly [number, Outcome]

/** Flows at a steady rate to endpoints that serve any number at once, in virtual time. */
export class Traffic {
  readonly bench: StrategyBench
  readonly endpoints: readonly Stand[]
  readonly #rng: SeededRng
  readonly #answer: Answer
  /** Flows by index of the endpoint, since the last `send`. */
  counts: number[] = []
  ok = 0

  constructor(use: StrategyUse, endpoints: number, answer: Answer, seed = 1) {
    this.bench = new StrategyBench(use, seed)
    this.endpoints = stands(endpoints)
    this.bench.update(this.endpoints)
    this.#rng = new SeededRng(seed).fork('answers')
    this.#answer = answer
  }

  /** Sends `flows` at `perSecond`, and gives how many of them each endpoint got. */
  send(flows: number, perSecond: number): readonly number[] {
    const { clock } = this.bench
    this.counts = new Array<number>(this.endpoints.length).fill(0)
    this.ok = 0
    for (let flow = 0; flow < flows; flow++) {
      clock.advance(1_000 / perSecond)
      const endpoint = this.bench.pick()
      if (endpoint === undefined) continue
      this.bench.start(endpoint)
      this.counts[endpoint.index] = (this.counts[endpoint.index] ?? 0) + 1
      const [ms, outcome] = this.#answer(endpoint, clock.now(), this.#rng)
      clock.after(ms, () => {
        if (outcome === 'ok') this.ok++
        this.bench.settle(endpoint, ms, outcome)
      })
    }
    return this.counts
  }

  /** The part of the last flows that an endpoint got. */
  shareOf(index: number): number {
    const all = this.counts.reduce((sum, count) => sum + count, 0)
    return (this.counts[index] ?? 0) / all
  }
}

/** How many of so many picks, of which no flow begins, each endpoint gets, by index. */
export function countsOf(bench: StrategyBench, picks: number, endpoints: number): number[] {
  const counts = new Array<number>(endpoints).fill(0)
  for (let i = 0; i < picks; i++) {
    const index = bench.pick()?.index ?? -1
    counts[index] = (counts[index] ?? 0) + 1
  }
  return counts
}
