import assert from 'node:assert/strict'
import { type Stand, StrategyBench, stands } from './bench.ts'
import { chiSquare, chiSquareLimit } from './chi-square.ts'
import type { Check, Evenness, Subject } from './claims.ts'

const SEED = 20_260_106
const FLOWS = 100_000
const WEIGHTS = [5, 1, 1, 3, 2]
// How far the flows under way may be off their due share, for strategies that balance load.
const LOAD_TOLERANCE = 0.15

/** Shares of endpoints, equal or by weight. */
export function fairnessChecks({ use, claims }: Subject): Check[] {
  const bench = (): StrategyBench => new StrategyBench(use(), SEED)
  const { fair, weights } = claims
  return [...equalChecks(bench, fair), ...weightChecks(bench, weights)]
}

function equalChecks(bench: () => StrategyBench, fair: Evenness): Check[] {
  if (fair === 'none') return []
  return [
    {
      name: 'equal endpoints get equal shares',
      run() {
        for (const count of [2, 3, 8, 16]) {
          const ready = stands(count)
          if (fair === 'turns') assertTurns(bench().update(ready), ready)
          assertShares(sent(bench().update(ready), ready), ready, fair)
        }
      },
    },
    {
      name: 'equal endpoints get equal shares while flows overlap',
      run() {
        const ready = stands(8)
        assertShares(overlapping(bench().update(ready), ready, 32), ready, fair)
      },
    },
    {
      name: 'shares are equal again after endpoints came and went',
      run() {
        const subject = bench()
        const ready = stands(6)
        subject.update(ready.slice(0, 2))
        for (let i = 0; i < 1_000; i++) subject.send(1)
        subject.update(ready)
        for (let i = 0; i < 5_000; i++) subject.send(1)
        assertShares(sent(subject, ready), ready, fair)
      },
    },
    {
      name: 'an update that changes nothing does not begin again',
      run() {
        const ready = stands(6)
        const subject = bench()
        const counts = new Array<number>(6).fill(0)
        for (let i = 0; i < FLOWS / 10; i++) {
          // As while another endpoint goes up and down all the time.
          if (i % 7 === 0) subject.update([...ready])
          count(counts, subject.send(1))
        }
        // A turn may be cut short at each update, so it counts as chance.
        assertShares(counts, ready, fair === 'turns' ? 'chance' : fair)
      },
    },
  ]
}

function weightChecks(bench: () => StrategyBench, weights: Evenness | 'load'): Check[] {
  if (weights === 'none') return []
  const weighted = (): Stand[] => stands(WEIGHTS.length, 0, (place) => WEIGHTS[place] ?? 1)
  if (weights === 'load') {
    return [
      {
        name: 'flows under way are in proportion to the weights',
        run() {
          const ready = weighted()
          const inflight = loads(bench().update(ready), ready)
          assertOff(inflight, WEIGHTS, LOAD_TOLERANCE, 'flows under way')
        },
      },
    ]
  }
  return [
    {
      name: 'shares are in proportion to the weights, from the first cycle on',
      run() {
        const ready = weighted()
        if (weights === 'turns') assertTurns(bench().update(ready), ready)
        assertShares(sent(bench().update(ready), ready), ready, weights)
      },
    },
    {
      name: 'a weight that changed counts from the next update on',
      run() {
        const ready = weighted()
        const subject = bench().update(ready)
        for (let i = 0; i < 1_000; i++) subject.send(1)
        for (const [place, endpoint] of ready.entries())
          endpoint.weight = WEIGHTS.at(-1 - place) ?? 1
        subject.update([...ready])
        for (let i = 0; i < 120; i++) subject.send(1)
        assertShares(sent(subject, ready), ready, weights === 'turns' ? 0.01 : weights)
      },
    },
  ]
}

/** Sends flows one after another: how many each endpoint got. */
function sent(subject: StrategyBench, ready: readonly Stand[]): number[] {
  const counts = ready.map(() => 0)
  for (let i = 0; i < FLOWS; i++) count(counts, subject.send(1))
  return counts
}

/** Keeps `open` flows under way, each for as long as the others. */
function overlapping(subject: StrategyBench, ready: readonly Stand[], open: number): number[] {
  const counts = ready.map(() => 0)
  const running: Stand[] = []
  for (let i = 0; i < FLOWS; i++) {
    const endpoint = subject.pick()
    if (endpoint === undefined) assert.fail('no endpoint')
    subject.start(endpoint)
    count(counts, endpoint)
    running.push(endpoint)
    subject.clock.advance(1)
    const ended = running.length > open ? running.shift() : undefined
    if (ended !== undefined) subject.settle(ended, open)
  }
  return counts
}

/** The mean number of flows under way on each endpoint, while 20 times the weights are. */
function loads(subject: StrategyBench, ready: readonly Stand[]): number[] {
  const sums = ready.map(() => 0)
  const open = 20 * WEIGHTS.reduce((sum, weight) => sum + weight, 0)
  const running: Stand[] = []
  for (let i = 0; i < FLOWS; i++) {
    const endpoint = subject.pick()
    if (endpoint === undefined) assert.fail('no endpoint')
    subject.start(endpoint)
    running.push(endpoint)
    subject.clock.advance(1)
    const ended = running.length > open ? running.shift() : undefined
    if (ended !== undefined) subject.settle(ended, open)
    for (const [place, { inflight }] of ready.entries()) sums[place] = (sums[place] ?? 0) + inflight
  }
  return sums.map((sum) => sum / FLOWS)
}

/** Every one of the first cycles gives each endpoint exactly its weight. */
function assertTurns(subject: StrategyBench, ready: readonly Stand[]): void {
  const weights = ready.map(({ weight }) => weight)
  const cycle = weights.reduce((sum, weight) => sum + weight, 0)
  for (let round = 0; round < 10; round++) {
    const counts = ready.map(() => 0)
    for (let i = 0; i < cycle; i++) count(counts, subject.send(1))
    assert.deepEqual(counts, weights, `cycle ${round + 1}`)
  }
}

function count(counts: number[], endpoint: Stand | undefined): void {
  if (endpoint === undefined) assert.fail('no endpoint')
  counts[endpoint.index] = (counts[endpoint.index] ?? 0) + 1
}

function assertShares(
  counts: readonly number[],
  ready: readonly Stand[],
  evenness: Evenness,
): void {
  const weights = ready.map(({ weight }) => weight)
  const shown = `seed ${SEED}, ${ready.length} endpoints: ${counts}`
  if (evenness === 'chance') {
    assert.ok(chiSquare(counts, weights) < chiSquareLimit(counts.length), shown)
  } else if (evenness === 'turns') {
    const cycle = weights.reduce((sum, weight) => sum + weight, 0)
    for (const [place, weight] of weights.entries()) {
      const due = (FLOWS * weight) / cycle
      assert.ok(Math.abs((counts[place] ?? 0) - due) <= weight, shown)
    }
  } else if (evenness !== 'none') assertOff(counts, weights, evenness, shown)
}

function assertOff(
  amounts: readonly number[],
  weights: readonly number[],
  tolerance: number,
  what: string,
): void {
  const total = amounts.reduce((sum, amount) => sum + amount, 0)
  const whole = weights.reduce((sum, weight) => sum + weight, 0)
  for (const [place, amount] of amounts.entries()) {
    const due = (total * (weights[place] ?? 0)) / whole
    assert.ok(Math.abs(amount / due - 1) <= tolerance, `${what}: ${amount} at ${place}, due ${due}`)
  }
}
