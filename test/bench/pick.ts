/**
 * What a pick costs with each standard strategy, start and settle included, at 10 to 10,000 endpoints,
 * and what an update of 10,000 endpoints costs of which one came or went.
 */
import { parseArgs } from 'node:util'
import type { Strategy } from '../../core/contracts/strategy.ts'
import type { EndpointClient } from '../../core/contracts/transport.ts'
import type { StrategyUse } from '../../core/contracts/uses.ts'
import { plainTarget } from '../../core/simulate/plain-target.ts'
import { systemClock } from '../../core/system/clock.ts'
import { SeededRng } from '../../core/system/rng.ts'
import { instantiate } from '../../core/testing.ts'
import { bind, CLOCK } from '../../core/tokens.ts'
import { LiveEndpoint } from '../../core/upstream/endpoint.ts'
import { ActiveFlow } from '../../core/upstream/flow.ts'
import { LiveUpstream } from '../../core/upstream/upstream.ts'
import { standardStrategies } from '../conformance/strategy-bench.ts'

const SIZES = [10, 100, 1_000, 10_000]
const LARGEST = 10_000
// Flows in flight at any moment, and different keys and latencies; powers of two.
const OPEN = 64
const KEYS = 2 ** 14
// How much dearer a pick that is O(1) may be among the most endpoints than among the fewest.
const MOST_GROWTH = 2
const MOST_NS: Readonly<Record<string, number>> = { powerOfTwo: 150 }
const MOST_UPDATE_MS = 5
const TABLES_MS = 50
// So many times fewer picks of what looks at all endpoints, or it would take minutes.
const SCANNED = 100
const TABLES = ['maglev', 'ringHash']
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '15' },
    picks: { type: 'string', default: '50000' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
  },
})
const rounds = Number(values.rounds)
const picks = Number(values.picks)
const rng = new SeededRng(Number(values.seed))
const keys = Uint32Array.from({ length: KEYS }, () => rng.below(2 ** 32))
const latencies = Float64Array.from({ length: KEYS }, () => 5 + 45 * rng.unit())
const silence = (): void => {}
const log = { debug: silence, info: silence, warn: silence, error: silence }
const flow = new ActiveFlow(new LiveUpstream('bench', systemClock, log))
const flags: string[] = []

/** One strategy over endpoints of its own, some flows in flight. */
class Contender {
  readonly strategy: Strategy
  readonly endpoints: readonly LiveEndpoint[]
  readonly #open: LiveEndpoint[] = []
  #at = 0

  constructor(use: StrategyUse, size: number, weightOf: (n: number) => number) {
    this.strategy = instantiate(use, [bind(CLOCK, systemClock)])
    this.endpoints = Array.from({ length: size }, (_, n) => endpoint(n, weightOf(n)))
    this.strategy.update(this.endpoints)
    for (let i = 0; i < OPEN; i++) this.#open.push(this.#begin(i))
  }

  /** Nanoseconds a pick with the start of its flow and the end of an older one. */
  pickNs(picks: number): number {
    const start = process.cpuUsage()
    for (let i = 0; i < picks; i++) {
      const at = this.#at++ & (OPEN - 1)
      const ended = this.#open[at] as LiveEndpoint
      ended.inflight--
      this.strategy.settle?.(ended, latencies[i & (KEYS - 1)] as number, 'ok')
      this.#open[at] = this.#begin(i)
    }
    return (spent(start) * 1_000) / picks
  }

  /** Milliseconds of an update in which one endpoint went, or came back. */
  updateMs(round: number): number {
    const gone = this.endpoints[(round * 7919) % this.endpoints.length]
    const ready = this.endpoints.filter((one) => round % 2 === 0 || one !== gone)
    const start = process.cpuUsage()
    this.strategy.update(ready)
    return spent(start) / 1_000
  }

  #begin(i: number): LiveEndpoint {
    flow.key = keys[i & (KEYS - 1)] as number
    const picked = this.strategy.pick(flow) as LiveEndpoint
    picked.inflight++
    this.strategy.start?.(picked)
    return picked
  }
}

/** Microseconds of the processor, so that a neighbour on the machine spoils less. */
function spent(start: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(start)
  return user + system
}

function endpoint(n: number, weight: number): LiveEndpoint {
  const id = `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}:8080`
  const place = {
    id,
    url: `http://${id}`,
    weight,
    priority: 0,
    zone: '',
    target: plainTarget(`http://${id}`),
  }
  return new LiveEndpoint(place, n, {} as EndpointClient)
}

function figures(use: StrategyUse, weightOf: (n: number) => number, count: number): number[] {
  const contenders = SIZES.map((size) => new Contender(use, size, weightOf))
  const samples: number[][] = SIZES.map(() => [])
  // Two rounds warm the code, which is the same for all sizes.
  for (let round = -2; round < rounds; round++) {
    for (const [at, contender] of contenders.entries()) {
      const ns = contender.pickNs(count)
      if (round >= 0) samples[at]?.push(ns)
    }
  }
  return samples.map(median)
}

function judged(title: string, name: string, bound: string, ns: readonly number[]): string {
  const growth = (ns.at(-1) ?? 0) / (ns[0] ?? 1)
  const isDear = bound === 'O(1)' && growth > MOST_GROWTH
  if (isDear) flags.push(`${title}, ${name}: ${growth.toFixed(2)} x from 10 to ${LARGEST}`)
  const most = MOST_NS[name]
  if (most !== undefined && (ns[2] ?? 0) > most) {
    flags.push(`${title}, ${name}: ${ns[2]?.toFixed(0)} ns among 1,000, target ${most}`)
  }
  const cells = ns.map((one) => one.toFixed(0)).join(' | ')
  return `| ${name} | ${bound} | ${cells} | ${growth.toFixed(2)}${isDear ? ' !' : ''} |`
}

function updates(name: string, use: StrategyUse): string {
  const contender = new Contender(use, LARGEST, () => 1)
  const samples: number[] = []
  for (let round = -4; round < rounds; round++) {
    const ms = contender.updateMs(round + 4)
    if (round >= 0) samples.push(ms)
  }
  const ms = median(samples)
  const most = TABLES.includes(name) ? TABLES_MS : MOST_UPDATE_MS
  if (ms > most) flags.push(`update, ${name}: ${ms.toFixed(2)} ms, target ${most}`)
  return `| ${name} | ${ms.toFixed(2)} | ${Math.max(...samples).toFixed(2)} | ${most} |`
}

function median(list: readonly number[]): number {
  const sorted = list.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

const only = values.only.split(',').filter((name) => name !== '')
const strategies = standardStrategies().filter(([name]) => only.length === 0 || only.includes(name))
console.log(
  `${rounds} rounds of ${picks} picks, seed ${values.seed}, ${OPEN} flows in flight, medians`,
)
console.log('Cache misses are part of it: among 10,000 endpoints most picks wait for memory.')
for (const [title, weightOf] of [
  ['equal weights', () => 1],
  ['weights 1 to 4', (n: number) => (n % 4) + 1],
] as const) {
  console.log(`\n| ns a pick, ${title} | claims | ${SIZES.join(' | ')} | x |`)
  console.log(`|---|---|${'---|'.repeat(SIZES.length + 1)}`)
  for (const [name, use, { cost = 'O(1)' }] of strategies) {
    const count = cost === 'O(n)' ? picks / SCANNED : picks
    console.log(judged(title, name, cost, figures(use(), weightOf, count)))
  }
}
console.log(`\n| update of ${LARGEST}, one changed | ms | worst | target |\n|---|---|---|---|`)
for (const [name, use] of strategies) console.log(updates(name, use()))
for (const flag of flags) console.log(`FLAGGED: ${flag}`)
if (flags.length > 0) process.exitCode = 1
