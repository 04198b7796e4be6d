import assert from 'node:assert/strict'
import { SeededRng } from '../system/rng.ts'
import { type Stand, StrategyBench, stands } from './bench.ts'
import { chiSquare, chiSquareLimit } from './chi-square.ts'
import type { Check, Subject } from './claims.ts'

const SEED = 20_260_107
const ENDPOINTS = 10
const FLOWS = 20_000
const SERVED_MS = 100
const FAILED_MS = 1
// Between these times its fair share: neither starved nor flooded.
const [LEAST, MOST] = [0.3, 3]

/** What strategies do that look at load, latency or failures, and what all do with a newcomer. */
export function loadChecks({ use, claims }: Subject): Check[] {
  const bench = (): StrategyBench => new StrategyBench(use(), SEED)
  const checks: Check[] = []
  if (claims.fair !== 'none') {
    checks.push({
      name: 'a newcomer is neither flooded nor starved',
      run() {
        const ready = stands(ENDPOINTS)
        const traffic = new Traffic(bench().update(ready))
        traffic.run(FLOWS)
        const newcomer = stands(1, ENDPOINTS)[0] as Stand
        traffic.bench.update([...ready, newcomer])
        const timesDue = (flows: number): number =>
          ((traffic.run(flows).get(newcomer) ?? 0) / flows) * (ENDPOINTS + 1)
        // Before much of what it was sent has been answered.
        const first = timesDue(100)
        assert.ok(first <= MOST, `flooded: ${first.toFixed(2)} times its share of the first flows`)
        const later = timesDue(1_000)
        assert.ok(later >= LEAST, `starved: ${later.toFixed(2)} times its share`)
      },
    })
  }
  if (claims.judges) {
    checks.push({
      name: 'an endpoint that fails fast draws no traffic by it',
      run() {
        const ready = stands(ENDPOINTS)
        const broken = ready[3] as Stand
        const traffic = new Traffic(bench().update(ready), broken)
        traffic.run(2_000)
        const share = (traffic.run(FLOWS).get(broken) ?? 0) / FLOWS
        assert.ok(share <= 1.1 / ENDPOINTS, `it got ${(100 * share).toFixed(1)} %, due 10 %`)
      },
    })
  }
  if (claims.choices > 1) checks.push(choiceCheck(bench, claims.choices))
  return checks
}

/** With loads 0, 1, 2 … the shares tell how many endpoints a pick has looked at, and which. */
function choiceCheck(bench: () => StrategyBench, choices: number): Check {
  return {
    name: `the least loaded of ${choices} different endpoints is taken, each set as likely`,
    run() {
      const ready = stands(ENDPOINTS)
      const subject = bench().update(ready)
      for (const endpoint of ready) {
        for (let flow = 0; flow < endpoint.index; flow++) subject.start(endpoint)
      }
      const counts = ready.map(() => 0)
      for (let i = 0; i < FLOWS; i++) {
        const { index } = subject.pick() ?? assert.fail('no endpoint')
        counts[index] = (counts[index] ?? 0) + 1
      }
      const due = ready.map((_one, rank) => ways(ENDPOINTS - 1 - rank, choices - 1))
      const never = due.filter((weight) => weight === 0).length
      const busiest = counts.slice(counts.length - never)
      assert.ok(
        busiest.every((count) => count === 0),
        `${choices} different endpoints are never the ${never} busiest alone, and yet these got ${busiest}: are draws repeated?`,
      )
      const [found, wanted] = [counts, due].map((list) => list.slice(0, list.length - never))
      const off = chiSquare(found ?? [], wanted)
      assert.ok(off < chiSquareLimit(counts.length - never), `seed ${SEED}: ${counts}`)
    },
  }
}

/** Ways to choose `k` of `n`. */
function ways(n: number, k: number): number {
  let product = n < k ? 0 : 1
  for (let i = 0; i < k && product > 0; i++) product = (product * (n - i)) / (i + 1)
  return product
}

interface Running {
  readonly endpoint: Stand
  readonly startedAt: number
  readonly endsAt: number
}

/** Flows by chance, 40 of them under way; one endpoint may fail each within a moment. */
class Traffic {
  readonly bench: StrategyBench
  readonly #broken: Stand | undefined
  readonly #chance = new SeededRng(SEED)
  readonly #running: Running[] = []

  constructor(bench: StrategyBench, broken?: Stand) {
    this.bench = bench
    this.#broken = broken
  }

  /** How many of the next flows each endpoint gets. */
  run(flows: number): Map<Stand, number> {
    const counts = new Map<Stand, number>()
    const { bench } = this
    for (let i = 0; i < flows; i++) {
      bench.clock.advance(-Math.log(1 - this.#chance.unit()) * 2.5)
      this.#end(bench.clock.now())
      const endpoint = bench.pick() ?? assert.fail('no endpoint')
      bench.start(endpoint)
      counts.set(endpoint, (counts.get(endpoint) ?? 0) + 1)
      const servedMs =
        endpoint === this.#broken ? FAILED_MS : SERVED_MS * (0.5 + this.#chance.unit())
      const startedAt = bench.clock.now()
      this.#running.push({ endpoint, startedAt, endsAt: startedAt + servedMs })
    }
    return counts
  }

  #end(now: number): void {
    for (let i = this.#running.length - 1; i >= 0; i--) {
      const { endpoint, startedAt, endsAt } = this.#running[i] as Running
      if (endsAt > now) continue
      this.#running.splice(i, 1)
      const outcome = endpoint === this.#broken ? 'upstream-error' : 'ok'
      this.bench.settle(endpoint, endsAt - startedAt, outcome)
    }
  }
}
