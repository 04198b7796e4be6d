import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Ejecting } from './ejecting.ts'

const UNANSWERED = { outcome: 'timeout' } as const
const REFUSED = { outcome: 'connect-failed' } as const
const ERROR = { outcome: 'upstream-error', isAnswered: true } as const

test('five attempts in a row without an answer eject an endpoint, four do not', () => {
  const it = new Ejecting(['a', 'b', 'c', 'd'])
  it.send('b', 12)
  it.send('a', 4, UNANSWERED)
  assert.deepEqual(it.ejected, [])
  it.send('a', 1, { outcome: 'timeout' })
  assert.deepEqual(it.ejected, ['a'])
  assert.deepEqual(it.told('a'), ['5 failures in a row'])
  assert.equal(it.view.state(it.bench.endpoint('a')).holds[0]?.reason, 'ejection')
})

test('a reset before the answer counts as one, an answer that says 500 does not', () => {
  const it = new Ejecting(['a', 'b'])
  it.send('b', 12)
  it.send('a', 10, ERROR)
  assert.deepEqual(it.ejected, [])
  it.send('a', 5, { outcome: 'upstream-error', isAnswered: false })
  assert.deepEqual(it.ejected, ['a'])
})

test('an answer ends the row, whatever it says', () => {
  for (const answer of [{}, ERROR]) {
    const it = new Ejecting(['a', 'b'])
    it.send('b', 12)
    it.send('a', 4, UNANSWERED)
    it.send('a', 1, answer)
    it.send('a', 4, UNANSWERED)
    assert.deepEqual(it.ejected, [])
  }
})

test('clients that leave and what the gateway answers itself neither end the row nor count', () => {
  const it = new Ejecting(['a', 'b'])
  it.send('b', 12)
  for (let i = 0; i < 4; i++) {
    it.send('a', 1, UNANSWERED)
    it.send('a', 50, { outcome: 'client-abort' })
    it.send('a', 50, { outcome: 'local' })
  }
  assert.deepEqual(it.ejected, [])
  it.send('a', 1, UNANSWERED)
  assert.deepEqual(it.ejected, ['a'])
})

test('what counts is the order in which attempts began: a good one between ends the row', () => {
  const it = new Ejecting(['a', 'b'])
  it.send('b', 12)
  const hung = Array.from({ length: 5 }, () => {
    const flow = it.begin('a')
    it.pass(10)
    it.send('a', 1)
    return flow
  })
  for (const flow of hung) it.end(flow, { outcome: 'timeout' })
  assert.deepEqual(it.ejected, [])
})

test('what began before it was down ends well and does not hide that it is', () => {
  const it = new Ejecting(['a', 'b'])
  it.send('b', 12)
  const downloads = Array.from({ length: 5 }, () => it.begin('a'))
  it.pass(10)
  for (const flow of downloads) {
    it.send('a', 1, UNANSWERED)
    if (it.ejected.length === 0) it.end(flow)
  }
  assert.deepEqual(it.ejected, ['a'])
})

test('as long as little is known of the others, the row must be longer', () => {
  const it = new Ejecting(['a', 'b'])
  it.send('a', 23, UNANSWERED)
  assert.deepEqual(it.ejected, [])
  it.send('a', 1, UNANSWERED)
  assert.deepEqual(it.ejected, ['a'], '2^-24 is less than one in ten million')
})

test('where the others fail as well, the row must be longer', () => {
  const it = new Ejecting(['a', 'b', 'c'])
  it.send('b', 100)
  for (let i = 0; i < 100; i++) {
    it.send('b', 1, UNANSWERED)
    it.send('b', 1)
  }
  it.send('a', 14, UNANSWERED)
  assert.deepEqual(it.ejected, [])
  it.send('a', 1, UNANSWERED)
  assert.deepEqual(
    it.ejected,
    ['a'],
    'a third of the others’: 3^-15 is less than one in ten million',
  )
})

test('in a total outage endpoints come back and stay', () => {
  const it = new Ejecting(['a', 'b', 'c', 'd'])
  for (let round = 0; round < 2_000; round++) {
    for (const { id, holds } of it.bench.endpoints) if (holds === 0) it.send(id, 1, UNANSWERED)
    it.pass(20)
  }
  assert.deepEqual(it.ejected, [])
  assert.equal(it.told('a').length, 0)
})

test('0 in a row never ejects', () => {
  const it = new Ejecting(['a', 'b'], { consecutive: 0, rate: { gap: 1 } })
  it.send('b', 100)
  it.send('a', 100, UNANSWERED)
  assert.deepEqual(it.ejected, [])
})

test('an endpoint that answers 500 to everything is ejected as soon as that is no accident', () => {
  for (const [known, needed] of [
    [1_000, 8],
    [30, 24],
  ] as const) {
    const it = new Ejecting(['a', 'b', 'c', 'd'])
    it.send('b', known)
    let sent = 0
    for (; it.ejected.length === 0; sent++) it.send('a', 1, ERROR)
    assert.equal(sent, needed, `beside ${known} good ones`)
    assert.deepEqual(it.told('a'), ['100 % of requests fail, 0 % elsewhere'])
  }
})

test('one that answers 500 to every second request is ejected within 60 requests', () => {
  const it = new Ejecting(['a', 'b', 'c', 'd'])
  let sent = 0
  while (it.ejected.length === 0 && sent < 60) {
    it.send('a', 1, sent++ % 2 === 0 ? ERROR : {})
    for (const id of ['b', 'c', 'd']) it.send(id, 1)
  }
  assert.deepEqual(it.ejected, ['a'], `after ${sent}`)
})

test('a difference of less than five points ejects nobody, however many requests prove it', () => {
  const it = new Ejecting(['a', 'b'])
  for (let i = 0; i < 20_000; i++) {
    it.send('a', 1, i % 25 === 0 ? ERROR : {})
    it.send('b', 1)
  }
  assert.deepEqual(it.ejected, [])
})

test('what is older than the window is forgotten', () => {
  const it = new Ejecting(['a', 'b'])
  it.send('b', 30)
  it.send('a', 16, ERROR)
  it.pass(11_000)
  it.send('b', 30)
  it.send('a', 16, ERROR)
  assert.deepEqual(it.ejected, [])
})

test('an overload is no success: an endpoint alone with it is ejected, in no time a row of them', () => {
  const it = new Ejecting(['a', 'b', 'c'])
  const overload = { outcome: 'overload', isAnswered: true } as const
  it.send('a', 19, overload)
  assert.deepEqual(it.ejected, [])
  it.send('b', 100)
  it.send('a', 1, overload)
  assert.deepEqual(it.ejected, ['a'])
  const all = new Ejecting(['a', 'b', 'c'])
  for (let i = 0; i < 200; i++) for (const id of ['a', 'b', 'c']) all.send(id, 1, overload)
  assert.deepEqual(all.ejected, [])
})

test('slow endpoints are ejected where that is asked for, a few late answers are not enough', () => {
  const send = (it: Ejecting, slowMs: number) => {
    for (let i = 0; i < 40; i++) {
      it.send('a', 1, { ms: slowMs })
      for (const id of ['b', 'c']) it.send(id, 2, { ms: i % 10 === 0 ? 300 : 10 })
    }
  }
  const asked = new Ejecting(['a', 'b', 'c'], { slower: 3, rate: { window: '1m' } })
  assert.throws(() => send(asked, 60), /a is held/)
  assert.match(asked.told('a')[0] ?? '', /^takes 60 ms, 1\d ms elsewhere$/)
  const enough = new Ejecting(['a', 'b', 'c'], { slower: 3, rate: { window: '1m' } })
  send(enough, 30)
  assert.deepEqual(enough.ejected, [])
  const unasked = new Ejecting(['a', 'b', 'c'])
  send(unasked, 60)
  assert.deepEqual(unasked.ejected, [])
})

test('two refused connections in a row are enough while everybody else answers', () => {
  const it = new Ejecting(['a', 'b', 'c'])
  for (const id of ['a', 'b', 'c']) it.send(id, 20)
  it.send('a', 1, REFUSED)
  it.send('a', 1)
  it.send('a', 1, REFUSED)
  it.send('a', 1, UNANSWERED)
  assert.deepEqual(it.ejected, [], 'an answer, or another failure, is between them')
  it.send('a', 1, REFUSED)
  it.send('a', 1, REFUSED)
  assert.deepEqual(it.ejected, ['a'])
})

test('refused connections count like other failures where others are not answered either', () => {
  const it = new Ejecting(['a', 'b', 'c'])
  for (const id of ['a', 'b', 'c']) it.send(id, 20)
  it.send('b', 1, UNANSWERED)
  it.send('a', 4, REFUSED)
  assert.deepEqual(it.ejected, [])
})

test('refused connections prove little where little is known of the others', () => {
  const it = new Ejecting(['a', 'b'])
  it.send('b', 5)
  it.send('a', 4, REFUSED)
  assert.deepEqual(it.ejected, [])
})
