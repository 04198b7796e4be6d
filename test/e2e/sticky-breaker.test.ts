import assert from 'node:assert/strict'
import { request as ask, createServer } from 'node:http'
import { type TestContext, test } from 'node:test'
import { breakersOf, circuitBreaker, roundRobin, stickySession } from 'sluice/plugins'
import { waitFor } from '../support/deadline.ts'
import { listening } from '../support/listening.ts'
import { startGateway, whenIdle } from '../support/start-gateway.ts'
import { upstreamSpy } from '../support/upstream-spy.ts'

const SESSIONS = 50
const PERMITS = 3

interface Answer {
  readonly status: number
  readonly body: string
  readonly cookie: string
  readonly retryAfter: string
}

function get(port: number, cookie = ''): Promise<Answer> {
  const headers = cookie === '' ? {} : { cookie }
  return new Promise((resolve, reject) => {
    const request = ask({ port, host: '127.0.0.1', headers, agent: false }, (response) => {
      const { statusCode: status = 0, headers: got } = response
      let body = ''
      response.setEncoding('utf8').on('data', (chunk: string) => {
        body += chunk
      })
      response.on('end', () => {
        const [line = ''] = got['set-cookie'] ?? []
        const retryAfter = String(got['retry-after'] ?? '')
        resolve({ status, body, cookie: line.split(';')[0] ?? '', retryAfter })
      })
    })
    request.on('error', reject).end()
  })
}

/** Two endpoints, `a` behind a breaker that is about to be opened, and sessions bound to it. */
async function start(t: TestContext, mode: 'prefer' | 'strict') {
  const a = { status: 200, now: 0, most: 0, waiting: [] as (() => void)[], isSlow: false }
  const first = createServer((_req, res) => {
    a.now++
    a.most = Math.max(a.most, a.now)
    res.on('close', () => a.now--)
    const answer = () => res.writeHead(a.status).end('a')
    if (a.isSlow) a.waiting.push(answer)
    else answer()
  })
  const second = createServer((_req, res) => res.end('b'))
  const spy = upstreamSpy()
  const breaker = circuitBreaker({
    openFor: '200ms',
    jitter: 0,
    permits: PERMITS,
    ramp: { step: 1 },
  })
  const use = stickySession({ secret: 'a secret of this test, long enough', mode })
  const { gateway, port } = await startGateway(t, {
    http: { port: 0, host: '127.0.0.1' },
    upstreams: {
      it: {
        endpoints: [await listening(t, first), await listening(t, second)],
        balance: roundRobin(),
        plugins: [breaker, spy.use],
      },
    },
    routes: [{ to: 'it', plugins: [use] }],
    shutdownTimeout: '500ms',
  })
  const { body, cookie } = await get(port)
  assert.equal(body, 'a')
  const [endpoint] = spy.upstream().endpoints
  const [circuit] = endpoint === undefined ? [] : breakersOf(endpoint)
  assert.ok(circuit)
  a.status = 500
  for (let i = 0; i < 5; i++) assert.equal((await get(port, cookie)).status, 500)
  assert.equal(circuit.opened, true)
  a.status = 200
  return { a, circuit, gateway, port, cookie }
}

for (const mode of ['prefer', 'strict'] as const) {
  test(`fifty sessions of a half-open endpoint are never more there than its permits, mode ${mode}`, async (t) => {
    const { a, circuit, gateway, port, cookie } = await start(t, mode)
    const meanwhile = await get(port, cookie)
    // The time that it is open for may be over on a busy machine.
    if (!circuit.halfOpen && !circuit.closed) {
      assert.equal(meanwhile.status, mode === 'strict' ? 503 : 200)
      if (mode === 'strict') assert.match(meanwhile.retryAfter, /^\d+$/)
      else assert.deepEqual([meanwhile.body, meanwhile.cookie !== ''], ['b', true])
    }
    await waitFor(() => circuit.halfOpen, 'half-open')
    a.most = 0
    a.isSlow = true
    let answered = 0
    const all = Array.from({ length: SESSIONS }, async () => {
      const answer = await get(port, cookie)
      answered++
      return answer
    })
    await waitFor(() => answered === SESSIONS - PERMITS, 'answers to all but the probes')
    assert.equal(a.waiting.length, PERMITS)
    a.isSlow = false
    for (const answer of a.waiting) answer()
    const answers = await Promise.all(all)
    assert.equal(a.most, PERMITS)
    assert.equal(answers.filter(({ body }) => body === 'a').length, PERMITS)
    for (const { status, body, cookie: set } of answers) {
      if (body === 'a') assert.equal(status, 200)
      else if (mode === 'strict') assert.deepEqual([status, set], [503, ''])
      else assert.deepEqual([status, body, set !== ''], [200, 'b', true])
    }
    await waitFor(() => circuit.closed, 'closed')
    assert.equal((await get(port, cookie)).body, 'a')
    await whenIdle(gateway)
  })
}
