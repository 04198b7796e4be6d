import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OK, SILENT, STATUS, startWard } from '../../support/ward.ts'

const SEEDS = [1, 2, 3, 4, 5]

test('a new endpoint gets no flow before one check was passed', async () => {
  const ward = await startWard('ab')
  ward.answers.b = STATUS(500)
  assert.deepEqual(ward.holds('a'), ['health: not checked yet'])
  await ward.pass(300)
  assert.equal(ward.ready(), 'a')
  assert.deepEqual(ward.state('a').changes.at(-1)?.cause, 'a check passed')
  assert.deepEqual(ward.holds('b'), ['health: 1 x status 500'])
  await ward.close()
})

test('with initial: ready it gets flows at once, until it fails', async () => {
  const ward = await startWard('ab', { initial: 'ready' })
  ward.answers.b = STATUS(500)
  assert.equal(ward.ready(), 'ab')
  await ward.pass(7_000)
  assert.equal(ward.ready(), 'a')
  await ward.close()
})

test('three failed checks in a row take an endpoint out, fewer do not', async () => {
  const ward = await startWard('ab')
  await ward.pass(3_000)
  assert.equal(ward.ready(), 'ab')
  let answers = [500, 500, 200, 500, 500]
  ward.answers.b = () => ({ status: answers.shift() ?? 200 })
  await ward.pass(20_000)
  assert.equal(answers.length, 0)
  assert.equal(ward.ready(), 'ab')
  answers = [500, 500, 500]
  await ward.pass(6_000)
  assert.deepEqual(
    ward
      .state('b')
      .changes.slice(-2)
      .map(({ event, reason, cause }) => [event, reason, cause]),
    [
      ['held', 'health', '3 x status 500'],
      ['released', 'health', '2 checks passed'],
    ],
  )
  await ward.close()
})

test('the cause tells failures that are not alike by the last one', async () => {
  const ward = await startWard('ab', { fall: 2 })
  await ward.pass(3_000)
  const answers = [500, 502]
  ward.answers.b = () => ({ status: answers.shift() ?? 503 })
  await ward.pass(5_000)
  assert.deepEqual(ward.holds('b'), ['health: 2 failed checks, the last: status 502'])
  await ward.close()
})

test('two checks passed in a row bring an endpoint back, one does not', async () => {
  const ward = await startWard('ab')
  await ward.pass(3_000)
  ward.answers.b = STATUS(500)
  await ward.pass(7_000)
  assert.equal(ward.ready(), 'a')
  let passed = 0
  ward.answers.b = () => ({ status: ++passed === 1 ? 200 : 500 })
  await ward.pass(4_000)
  assert.ok(passed > 1)
  assert.equal(ward.ready(), 'a')
  ward.answers.b = OK
  await ward.pass(4_000)
  assert.equal(ward.ready(), 'ab')
  await ward.close()
})

test('while no endpoint is well one passed check brings one back', async () => {
  const ward = await startWard('ab', { interval: '2s', fastInterval: '2s' })
  await ward.pass(3_000)
  ward.answers.a = STATUS(500)
  ward.answers.b = STATUS(500)
  await ward.pass(12_000)
  assert.equal(ward.ready(), '')
  ward.answers.a = OK
  await ward.pass(2_500)
  assert.equal(ward.ready(), 'a')
  assert.equal(ward.state('a').changes.at(-1)?.cause, 'a check passed')
  await ward.close()
})

test('intervals vary by up to a fifth, from the beginning of one check to that of the next', async () => {
  const gaps: number[] = []
  for (const seed of SEEDS) {
    const ward = await startWard('abcd', {}, { seed })
    await ward.pass(60_000)
    for (const times of Object.values(ward.checks)) {
      // The first gap puts the endpoint in its place.
      for (let i = 2; i < times.length; i++) {
        gaps.push((times[i] as number) - (times[i - 1] as number))
      }
    }
    await ward.close()
  }
  assert.ok(gaps.length > 500)
  assert.ok(Math.min(...gaps) >= 1_600 && Math.max(...gaps) <= 2_410, `${Math.max(...gaps)}`)
  assert.ok(Math.min(...gaps) < 1_630 && Math.max(...gaps) > 2_370)
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length
  assert.ok(Math.abs(mean - 2_005) < 40, `mean ${mean}`)
})

test('the first checks come within a quarter of a second, later ones anywhere in the interval', async () => {
  const firsts: number[] = []
  const seconds: number[] = []
  for (let seed = 1; seed <= 30; seed++) {
    const ward = await startWard('abcdefgh', {}, { seed })
    await ward.pass(2_500)
    for (const [first = 0, second = 0] of Object.values(ward.checks)) {
      firsts.push(first)
      seconds.push(second - first)
    }
    await ward.close()
  }
  assert.ok(Math.max(...firsts) <= 260 && Math.max(...firsts) > 230 && Math.min(...firsts) < 20)
  // Uniform: a quarter of them in each quarter of the interval.
  for (let quarter = 0; quarter < 4; quarter++) {
    const share = seconds.filter((ms) => Math.floor((ms - 5) / 500) === quarter).length / 240
    assert.ok(Math.abs(share - 0.25) < 0.09, `${share} in quarter ${quarter}`)
  }
})

test('an endpoint on its way out or in is checked faster, one long out more slowly', async () => {
  const ward = await startWard('ab', { jitter: 0, downInterval: '10s' })
  await ward.pass(5_000)
  ward.answers.b = STATUS(500)
  const since = ward.clock.now()
  await ward.pass(150_000)
  const times = (ward.checks.b ?? []).filter((at) => at >= since)
  const gaps = times.slice(1).map((at, i) => at - (times[i] as number))
  assert.deepEqual(gaps.slice(0, 4), [1_000, 1_000, 2_000, 2_000])
  assert.deepEqual(gaps.slice(-3), [10_000, 10_000, 10_000])
  ward.answers.b = OK
  await ward.pass(11_500)
  assert.equal(ward.ready(), 'ab')
  await ward.close()
})

test('an answer that does not come in time fails the check, and says so', async () => {
  const ward = await startWard('ab')
  await ward.pass(3_000)
  ward.answers.b = SILENT
  const since = ward.clock.now()
  await ward.pass(7_000)
  assert.equal(ward.ready(), 'a')
  assert.deepEqual(ward.holds('b'), ['health: 3 x no answer in time'])
  const { at = 0 } = ward.state('b').changes.at(-1) ?? {}
  assert.ok(at - since <= 3 * 2_000 + 1_000, `${at - since} ms`)
  await ward.close()
})

test('what could not be connected to is unreachable, which changes without a ready moment', async () => {
  const ward = await startWard('z', { type: 'tcp', expect: 'hi' })
  await ward.pass(300)
  assert.deepEqual(ward.holds('z'), ['unreachable: 1 x no connection: refused'])
  ward.peers['http://z.test'] = { greeting: 'ho' }
  await ward.pass(3_000)
  assert.match(ward.holds('z')[0] ?? '', /^health: 2 failed checks, the last: no answer in time/)
  ward.peers['http://z.test'] = { greeting: 'hi there' }
  await ward.pass(3_000)
  assert.deepEqual(
    ward.state('z').changes.map(({ event, reason }) => `${event} ${reason}`),
    [
      'joined ',
      'held health',
      'held unreachable',
      'released health',
      'held health',
      'released unreachable',
      'released health',
    ],
  )
  await ward.close()
})

test('debug lines tell of turns, not of checks', async () => {
  const ward = await startWard('ab')
  await ward.pass(30_000)
  const lines = () =>
    ward.logged.filter(({ level, message }) => level === 'debug' && message.endsWith('a check'))
  assert.equal(lines().length, 0)
  ward.answers.b = STATUS(500)
  await ward.pass(30_000)
  ward.answers.b = OK
  await ward.pass(30_000)
  assert.deepEqual(
    lines().map(({ message, fields }) => [message, (fields as { cause: string }).cause]),
    [
      ['an endpoint failed a check', 'status 500'],
      ['a held endpoint passed a check', ''],
    ],
  )
  await ward.close()
})

test('with trustTraffic a request that succeeded stands for a check, an aborted one does not', async () => {
  const ward = await startWard('a', { trustTraffic: true })
  await ward.pass(3_000)
  const before = ward.checks.a?.length ?? 0
  for (let i = 0; i < 20; i++) {
    assert.equal((await ward.inject('/')).statusCode, 200)
    await ward.pass(500)
  }
  assert.equal(ward.checks.a?.length, before)
  await ward.pass(10_000)
  assert.ok((ward.checks.a?.length ?? 0) - before >= 3)
  ward.answers.a = STATUS(500)
  const failing = ward.checks.a?.length ?? 0
  for (let i = 0; i < 20; i++) {
    assert.equal((await ward.inject('/')).statusCode, 500)
    await ward.pass(500)
  }
  assert.ok((ward.checks.a?.length ?? 0) - failing >= 4)
  await ward.close()
})
