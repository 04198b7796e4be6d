import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bind, CLOCK, type Exchange, type Json, type Plugin, RNG, type Upstream } from 'sluice'
import { concurrencyLimit } from 'sluice/plugins'
import {
  type FakeExchange,
  fakeExchange,
  instantiate,
  SeededRng,
  VirtualClock,
} from 'sluice/testing'

type Limit = NonNullable<Parameters<typeof concurrencyLimit>[0]>
type Request = NonNullable<Parameters<typeof fakeExchange>[0]>

/** One limit and the exchanges that it sees. */
class Bench {
  readonly clock = new VirtualClock()
  readonly plugin: Plugin
  /** Those that were let through, in the order in which they were. */
  readonly through: FakeExchange[] = []

  constructor(options: Limit, seed = 1) {
    const bindings = [bind(CLOCK, this.clock), bind(RNG, new SeededRng(seed))]
    this.plugin = instantiate(concurrencyLimit(options), bindings)
  }

  /** What a request does that comes now. */
  come(request?: Request): FakeExchange {
    const exchange = fakeExchange(request)
    const pending = this.plugin.request?.(exchange)
    const goOn = (): void => {
      if (exchange.refused === undefined) this.through.push(exchange)
    }
    if (pending === undefined) goOn()
    else pending.then(goOn)
    return exchange
  }

  end(exchange: Exchange): void {
    this.plugin.finished?.(exchange, 'ok')
  }

  get status(): Record<string, Json> {
    return this.plugin.status?.({ name: 'it' } as Upstream) as Record<string, Json>
  }

  /** Lets promises settle. */
  async settle(): Promise<void> {
    await new Promise(setImmediate)
  }
}

test('as many as the limit go through in their own turn, and the others wait', async () => {
  const bench = new Bench({ max: 2 })
  const [first, second, third] = [bench.come(), bench.come(), bench.come()]
  assert.deepEqual(bench.through, [first, second])
  assert.deepEqual(bench.status, { shed: 0, limit: 2, inflight: 2, waiting: 1 })
  bench.end(second)
  await bench.settle()
  assert.equal(bench.through[2], third)
  assert.deepEqual(bench.status, { shed: 0, limit: 2, inflight: 2, waiting: 0 })
})

test('a request without a wait costs no promise', () => {
  const bench = new Bench({ max: 1 })
  assert.equal(bench.plugin.request?.(fakeExchange()), undefined)
})

test('an exchange that ends twice, or was never seen, gives nothing back', () => {
  const bench = new Bench({ max: 1 })
  const only = bench.come()
  bench.end(only)
  bench.end(only)
  bench.end(fakeExchange())
  assert.equal(bench.status.inflight, 0)
})

test('who waits is served in turn, and the newest first once the queue lasts', async () => {
  const bench = new Bench({ max: 1 })
  const running = bench.come()
  const waiting = [bench.come(), bench.come(), bench.come(), bench.come()]
  bench.end(running)
  await bench.settle()
  assert.equal(bench.through.at(-1), waiting[0])
  bench.clock.advance(100)
  bench.end(waiting[0] as FakeExchange)
  await bench.settle()
  assert.equal(bench.through.at(-1), waiting[3])
})

test('a fifo queue stays one however long it lasts', async () => {
  const bench = new Bench({ max: 1, queue: { order: 'fifo' } })
  const running = bench.come()
  const waiting = [bench.come(), bench.come()]
  bench.clock.advance(500)
  bench.end(running)
  await bench.settle()
  assert.equal(bench.through.at(-1), waiting[0])
})

test('a queue that lasts gives up those who waited for long, by CoDel', async () => {
  const bench = new Bench({ max: 1, queue: { order: 'codel' } })
  let running = bench.come()
  for (let turn = 0; turn < 30; turn++) {
    bench.come()
    bench.come()
    bench.clock.advance(20)
    bench.end(running)
    await bench.settle()
    running = bench.through.at(-1) as FakeExchange
  }
  assert.ok(Number(bench.status.waiting) < 5, `${bench.status.waiting} wait`)
  assert.ok(Number(bench.status.shed) > 20, `${bench.status.shed} are shed`)
})

test('one that waits longer than the deadline is shed, and its place in the queue is free', async () => {
  const bench = new Bench({ max: 1, queue: { max: 1, wait: '2s' } })
  bench.come()
  const late = bench.come()
  assert.equal(bench.come().refused?.status, 503)
  bench.clock.advance(1_999)
  assert.equal(late.refused === undefined, true)
  bench.clock.advance(1)
  assert.equal(late.refused?.status, 503)
  assert.equal(bench.status.waiting, 0)
  assert.equal(bench.come().refused, undefined)
})

test('one that leaves the queue is not served, nor shed', async () => {
  const bench = new Bench({ max: 1 })
  const running = bench.come()
  const left = bench.come()
  const stays = bench.come()
  bench.plugin.finished?.(left, 'client-abort')
  bench.end(running)
  await bench.settle()
  assert.equal(bench.through.includes(stays), true)
  bench.clock.advance(10_000)
  assert.equal(left.refused, undefined)
  assert.deepEqual(bench.status, { shed: 0, limit: 1, inflight: 1, waiting: 0 })
})

test('without a queue everybody beyond the limit is shed at once', () => {
  const bench = new Bench({ max: 1, queue: { max: 0 } })
  bench.come()
  assert.equal(bench.come().refused?.status, 503)
})

test('Retry-After is from what is said to three times as much, each second as likely', () => {
  const bench = new Bench({ max: 1, queue: { max: 0 }, retryAfter: '2s' })
  bench.come()
  const seconds = new Map<string, number>()
  for (let i = 0; i < 5_000; i++) {
    const after = String(bench.come().refused?.headers['retry-after'])
    seconds.set(after, (seconds.get(after) ?? 0) + 1)
  }
  assert.deepEqual([...seconds.keys()].sort(), ['2', '3', '4', '5', '6'])
  for (const count of seconds.values()) assert.ok(count > 850 && count < 1_150, `${count}`)
})

test('in a full queue that lasts a newcomer takes the place of the oldest', () => {
  const bench = new Bench({ max: 1, queue: { max: 2 } })
  bench.come()
  const [oldest, other] = [bench.come(), bench.come()]
  bench.clock.advance(100)
  const newcomer = bench.come()
  assert.equal(oldest.refused?.status, 503)
  assert.deepEqual([other.refused, newcomer.refused], [undefined, undefined])
})

const HEALTH = { route: { id: 'health' } }
const PAID: Request = { headers: { 'x-plan': 'paid' }, client: { trusted: true } }
const RULES: Limit = {
  max: 10,
  priorities: [{ routes: ['health'] }, { headers: { 'X-Plan': 'paid' }, reserve: 0.3 }],
}

test('the reserves are kept for those that come first', () => {
  const bench = new Bench({ ...RULES, queue: { max: 0 } })
  const through = (request?: Request) => {
    const before = bench.through.length
    while (bench.come(request).refused === undefined);
    return bench.through.length - before
  }
  assert.deepEqual([through(), through(PAID), through(HEALTH)], [6, 3, 1])
})

test('a header of a client that nobody vouches for counts for nothing, unless anyone is believed', () => {
  const stranger: Request = { ...PAID, client: { trusted: false } }
  for (const [headersFrom, expected] of [
    ['trusted', 6],
    ['anyone', 9],
  ] as const) {
    const bench = new Bench({ ...RULES, queue: { max: 0 }, headersFrom })
    while (bench.come(stranger).refused === undefined);
    assert.equal(bench.through.length, expected)
  }
})

test('who comes first in importance is served first, and takes the place of others in a full queue', async () => {
  const bench = new Bench({ ...RULES, max: 1, queue: { max: 2 } })
  const running = bench.come(HEALTH)
  const [plain, paid] = [bench.come(), bench.come(PAID)]
  const urgent = bench.come(HEALTH)
  assert.equal(plain.refused?.status, 503)
  assert.equal(bench.come().refused?.status, 503)
  bench.end(running)
  await bench.settle()
  assert.equal(bench.through.at(-1), urgent)
  bench.end(urgent)
  await bench.settle()
  assert.equal(bench.through.at(-1), paid)
})

test('a newcomer does not overtake one of its own that waits, though there is a place', async () => {
  const bench = new Bench({ max: 10, priorities: [{ routes: ['health'], reserve: 0.5 }] })
  for (let i = 0; i < 5; i++) bench.come()
  const waits = bench.come()
  const urgent = bench.come(HEALTH)
  assert.equal(bench.through.at(-1), urgent)
  bench.end(urgent)
  await bench.settle()
  assert.equal(bench.through.includes(waits), false)
  const [first] = bench.through
  bench.end(first as FakeExchange)
  await bench.settle()
  assert.equal(bench.through.at(-1), waits)
})

test('with `per: route` each route has the limit for itself', () => {
  const bench = new Bench({ max: 1, per: 'route', queue: { max: 0 } })
  const of = (id: string) => bench.come({ route: { id } }).refused?.status
  assert.deepEqual([of('a'), of('b'), of('a'), of('b')], [undefined, undefined, 503, 503])
  const full = { limit: 1, inflight: 1, waiting: 0 }
  assert.deepEqual(bench.status, { shed: 2, routes: { a: full, b: full } })
})

test('a tunnel has its place while it is open, or until it is one', () => {
  const upgraded = { status: 101 } as Parameters<NonNullable<Plugin['response']>>[1]
  for (const [tunnels, inflight] of [
    [true, 1],
    [false, 0],
  ] as const) {
    const bench = new Bench({ max: 1, tunnels })
    const exchange = bench.come()
    bench.plugin.response?.(exchange, { ...upgraded, status: 200 })
    assert.equal(bench.status.inflight, 1)
    bench.plugin.response?.(exchange, upgraded)
    assert.equal(bench.status.inflight, inflight)
    bench.end(exchange)
    assert.equal(bench.status.inflight, 0)
  }
})

test('a use that is dropped lets everybody in who waits', async () => {
  const bench = new Bench({ max: 1 })
  bench.come()
  const waits = [bench.come(), bench.come()]
  bench.plugin.dispose?.()
  await bench.settle()
  assert.equal(bench.through.length, 1 + waits.length)
})

for (const [name, options, message] of [
  ['no limit', {}, /must have `max` of 1 or more, or `adaptive: true`/],
  ['a bound below the least', { adaptive: true, max: 2 }, /`max` of 3 \(gradient.min\) or more/],
  [
    'reserves of all there is',
    { max: 1, priorities: [{ routes: ['a'], reserve: 1 }] },
    /reserves add up to 1, which must be below 1/,
  ],
  [
    'a priority for everybody',
    { max: 1, priorities: [{ reserve: 0.1 }] },
    /\[0\] has neither routes nor headers/,
  ],
  ['a measurement all the time', { adaptive: true, gradient: { measureEvery: 10 } }, /1s or more/],
] as const) {
  test(`${name} is told at load`, () => {
    assert.throws(() => instantiate(concurrencyLimit(options as Limit)), { message })
  })
}
