import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Breaking } from './breaking.ts'

test('five failures in a row hold the endpoint, and the others serve', () => {
  const it = new Breaking(['a', 'b'])
  it.send('a', 4, 500)
  assert.deepEqual(it.held, [])
  it.send('a', 1, 'connect-failed')
  assert.deepEqual(it.held, ['a'])
  assert.equal(it.tried('a'), undefined)
  it.pass(0)
  assert.equal(it.bench.pick(), 'b')
})

test('the hold is firm, says why, and until when', () => {
  const it = new Breaking(['a', 'b'], { jitter: 0 })
  it.send('a', 5, 500)
  const [hold] = it.view.state(it.bench.endpoint('a')).holds
  assert.equal(hold?.reason, 'breaker')
  assert.equal(hold?.cause, '5 failures in a row')
  assert.equal(Number(hold?.until) - Number(hold?.since), 5_000)
  assert.notEqual(it.bench.endpoint('a').firmHolds, 0)
})

test('a success ends the row', () => {
  const it = new Breaking(['a'])
  it.send('a', 4, 500)
  it.send('a', 1)
  it.send('a', 4, 500)
  assert.equal(it.state('a'), 'closed')
})

test('a share of failures counts from the tenth call on', () => {
  const it = new Breaking(['a'], { consecutive: 0, failureRate: 0.5 })
  it.send('a', 9, 500)
  assert.equal(it.state('a'), 'closed')
  it.send('a', 1)
  assert.equal(it.state('a'), 'open')
  assert.match(it.lines.join('\n'), /a circuit breaker is open.*9 of 10 calls failed/)
})

test('what is older than the window is forgotten', () => {
  const it = new Breaking(['a'], { consecutive: 0, window: '10s' })
  it.send('a', 9, 500)
  it.pass(10_000)
  it.send('a', 9, 500)
  assert.equal(it.state('a'), 'closed')
  it.pass(5_000)
  it.send('a', 1, 500)
  assert.equal(it.state('a'), 'open')
})

test('a share of slow calls opens it, whatever they say', () => {
  const it = new Breaking(['a'], { slow: { after: '200ms', rate: 0.5 } })
  it.send('a', 5)
  it.send('a', 4, 200, 200)
  assert.equal(it.state('a'), 'closed')
  it.send('a', 1, 404, 300)
  assert.equal(it.state('a'), 'closed', 'a 404 is no vote, slow or not')
  it.send('a', 1, 200, 200)
  assert.equal(it.state('a'), 'open')
  assert.match(it.lines.join('\n'), /5 of 10 calls took 200 ms or more/)
})

test('clients that leave, the gateway’s own answers, 4xx and 429 say nothing', () => {
  const it = new Breaking(['a'], { minCalls: 1, consecutive: 1 })
  for (const how of ['client-abort', 'local', 404, 429] as const) it.send('a', 20, how)
  assert.equal(it.state('a'), 'closed')
  assert.equal(it.breaker('a').stats.fires, 0)
  it.send('a', 1, 503)
  assert.equal(it.state('a'), 'open')
})

test('nothing that says nothing ends a row either', () => {
  const it = new Breaking(['a'])
  it.send('a', 4, 500)
  it.send('a', 3, 404)
  it.send('a', 1, 500)
  assert.equal(it.state('a'), 'open')
})

test('half-open, as many as there are permits wait at once, and not one more', () => {
  const it = new Breaking(['a', 'b'], { permits: 3, successes: 5 })
  it.halfOpen('a')
  assert.deepEqual(it.held, [])
  const probes = [it.begin('a'), it.begin('a'), it.begin('a')]
  assert.equal(it.tried('a'), undefined)
  assert.equal(it.bench.endpoint('a').isFull, true)
  it.end(probes[0] as NonNullable<(typeof probes)[0]>)
  assert.ok(it.tried('a'), 'an answer hands its permit back')
  assert.equal(it.tried('a'), undefined)
})

test('a probe without a vote hands its permit back and closes nothing', () => {
  const it = new Breaking(['a'], { permits: 1, successes: 1 })
  it.halfOpen('a')
  for (const how of ['client-abort', 'local', 404, 429] as const) it.send('a', 3, how)
  assert.equal(it.state('a'), 'half-open')
  it.send('a', 1)
  assert.equal(it.state('a'), 'closed')
})

test('a probe that fails opens it again, for twice as long', () => {
  const it = new Breaking(['a'], { jitter: 0 })
  it.send('a', 5, 500)
  for (const ms of [5_000, 10_000, 20_000, 40_000]) {
    it.pass(ms - 1)
    assert.equal(it.state('a'), 'open')
    it.pass(1)
    assert.equal(it.state('a'), 'half-open')
    it.send('a', 1, 'timeout')
    assert.equal(it.state('a'), 'open')
  }
})

test('it is never open for longer than maxOpenFor', () => {
  const it = new Breaking(['a'], { jitter: 0, maxOpenFor: '12s' })
  it.send('a', 5, 500)
  for (const ms of [5_000, 10_000, 12_000, 12_000]) {
    it.pass(ms)
    it.send('a', 1, 500)
  }
  it.pass(12_000)
  assert.equal(it.state('a'), 'half-open')
})

test('gateways with other seeds do not probe together', () => {
  const times = Array.from({ length: 40 }, (_, seed) => {
    const it = new Breaking(['a'], {}, seed)
    it.send('a', 5, 500)
    const [hold] = it.view.state(it.bench.endpoint('a')).holds
    return Number(hold?.until) - Number(hold?.since)
  })
  assert.ok(Math.max(...times) <= 5_000 && Math.min(...times) >= 4_000)
  assert.ok(new Set(times).size > 30, `they part: ${times}`)
})

test('an answer that began before it opened counts for nothing, however late', () => {
  const it = new Breaking(['a'], { permits: 2, successes: 2 })
  const late = [it.begin('a'), it.begin('a'), it.begin('a')]
  it.halfOpen('a')
  it.end(late[0] as NonNullable<(typeof late)[0]>, 500)
  assert.equal(it.state('a'), 'half-open', 'a failure of the time before')
  it.end(late[1] as NonNullable<(typeof late)[0]>, 200)
  it.send('a', 1)
  assert.equal(it.state('a'), 'half-open', 'a success of the time before')
  it.send('a', 1)
  assert.equal(it.state('a'), 'closed')
  it.end(late[2] as NonNullable<(typeof late)[0]>, 500)
  assert.equal(it.breaker('a').stats.failures, 5)
})

test('a probe of an earlier half-open time counts for nothing in a later one', () => {
  const it = new Breaking(['a'], { permits: 2, successes: 1, jitter: 0 })
  it.halfOpen('a')
  const early = it.begin('a')
  it.send('a', 1, 500)
  it.pass(10_000)
  assert.equal(it.state('a'), 'half-open')
  const [first, second] = [it.begin('a'), it.begin('a')]
  it.end(early)
  assert.equal(it.state('a'), 'half-open')
  assert.equal(it.tried('a'), undefined, 'nor does it hand back a permit of this one')
  it.end(first, 404)
  it.end(second)
  assert.equal(it.state('a'), 'closed')
})

test('a WebSocket counts by its handshake, and keeps no permit', () => {
  const it = new Breaking(['a'], { permits: 1, successes: 2 })
  it.halfOpen('a')
  const tunnels = [it.begin('a'), undefined]
  tunnels[0]?.answered(it.bench.clock.now(), 'ok', 101)
  tunnels[1] = it.begin('a')
  tunnels[1].answered(it.bench.clock.now(), 'ok', 101)
  assert.equal(it.state('a'), 'closed')
  it.pass(3_600_000)
  for (const flow of tunnels) it.end(flow as NonNullable<typeof flow>, 'upstream-error')
  assert.equal(it.breaker('a').stats.failures, 0)
})

test('an answer that is cut within its body is a failure in place of its success', () => {
  const it = new Breaking(['a'], { consecutive: 0, minCalls: 2, failureRate: 1 })
  for (let i = 0; i < 2; i++) {
    const flow = it.begin('a')
    flow.answered(it.bench.clock.now(), 'ok', 200)
    assert.equal(it.state('a'), 'closed')
    it.end(flow, 'upstream-error')
  }
  assert.equal(it.state('a'), 'open')
})

test('a probe whose body is cut opens it again', () => {
  const it = new Breaking(['a'], { successes: 2 })
  it.halfOpen('a')
  const probe = it.begin('a')
  probe.answered(it.bench.clock.now(), 'ok', 200)
  it.end(probe, 'upstream-error')
  assert.equal(it.state('a'), 'open')
})

test('once closed, it lets in a tenth of the flows, and a tenth more each second', () => {
  const it = new Breaking(['a'])
  it.halfOpen('a')
  it.send('a', 3)
  assert.equal(it.state('a'), 'closed')
  for (let step = 1; step <= 10; step++) {
    let admitted = 0
    for (let i = 0; i < 1_000; i++) {
      const flow = it.tried('a')
      if (flow === undefined) continue
      admitted++
      it.end(flow)
    }
    assert.ok(Math.abs(admitted - step * 100) <= 2, `step ${step}: ${admitted}`)
    it.pass(1_000)
  }
})

test('all that come back together let in a tenth together, not a tenth each', () => {
  const it = new Breaking(['a', 'b', 'c'])
  for (const id of ['a', 'b', 'c']) it.send(id, 5, 500)
  it.pass(5_000)
  for (const id of ['a', 'b', 'c']) it.send(id, 3)
  let admitted = 0
  for (let i = 0; i < 1_000; i++) if (it.bench.pick() !== undefined) admitted++
  assert.ok(Math.abs(admitted - 100) <= 2, `${admitted} of 1,000`)
})

test('a failure within the ramp, or soon after it, is a reopening; later it is not', () => {
  const it = new Breaking(['a'], { jitter: 0, consecutive: 1, successes: 1, ramp: { step: 1 } })
  const opensFor = (): number => {
    it.send('a', 1, 500)
    const [hold] = it.view.state(it.bench.endpoint('a')).holds
    const ms = Number(hold?.until) - Number(hold?.since)
    it.pass(ms)
    it.send('a', 1)
    return ms
  }
  assert.equal(opensFor(), 5_000)
  it.pass(9_999)
  assert.equal(opensFor(), 10_000)
  it.pass(10_000)
  assert.equal(opensFor(), 5_000)
})

test('an endpoint that leaves and comes back begins without a past', () => {
  const it = new Breaking(['a', 'b'])
  const late = it.begin('a')
  it.send('a', 5, 500)
  it.bench.configure('b')
  it.bench.configure('a', 'b')
  assert.equal(it.state('a'), 'closed')
  assert.deepEqual(it.held, [])
  it.end(late, 500)
  it.send('a', 4, 500)
  assert.equal(it.state('a'), 'closed')
})

test('one breaker for an upstream holds all of its endpoints, and those that come', () => {
  const it = new Breaking(['a', 'b'], { per: 'upstream', permits: 2, successes: 2 })
  it.send('a', 3, 500)
  it.send('b', 2, 500)
  assert.deepEqual(it.held, ['a', 'b'])
  it.bench.configure('a', 'b', 'c')
  assert.deepEqual(it.held, ['a', 'b', 'c'])
  it.pass(5_000)
  assert.deepEqual(it.held, [])
  const probes = [it.begin('a'), it.begin('c')]
  assert.equal(it.tried('b'), undefined, 'the permits are of all together')
  for (const probe of probes) it.end(probe)
  assert.equal(it.state('b'), 'closed')
})

test('each change of state is one line', () => {
  const it = new Breaking(['a'])
  it.halfOpen('a')
  it.send('a', 3)
  const lines = it.lines.filter((line) => line.startsWith('a circuit breaker'))
  assert.deepEqual(
    lines.map((line) => line.split(':')[0]),
    ['a circuit breaker is open', 'a circuit breaker is half-open', 'a circuit breaker is closed'],
  )
})
