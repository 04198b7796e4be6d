import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { createTestGateway } from 'sluice/testing'
import sharedCounts from '../../docs/examples/shared-counts.config.ts'
import { sluice } from '../support/command.ts'
import { startEndpoint } from '../support/endpoint-server.ts'
import { skipWithout } from '../support/programs.ts'
import { startRedis } from '../support/redis-server.ts'
import { ROOT } from './source.ts'

const CONFIG = 'docs/examples/rate-limit.config.ts'

test('two gateways of the guide’s config count together in one Redis', {
  skip: skipWithout('redis-server'),
}, async (t) => {
  const redis = await startRedis(t)
  const users = await startEndpoint(t)
  const env = { PORT: '0', USERS: users.url, REDIS_URL: redis.url }
  const gateways = [0, 1].map(() => {
    return sluice(['start', '-c', CONFIG], { cwd: fileURLToPath(ROOT), env })
  })
  t.after(() => gateways.map(({ child }) => child.kill('SIGTERM')))
  const urls = await Promise.all(
    gateways.map(async ({ printed }) => (await printed(/listening on (\S+)/, 20_000))[1]),
  )
  const login = async (i: number) => {
    const answer = await fetch(`${urls[i % 2]}/login`, { method: 'POST' })
    await answer.text()
    return answer
  }
  const answers: Response[] = []
  for (let i = 0; i < 7; i++) answers.push(await login(i))
  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 200, 200, 200, 200, 429, 429],
  )
  const [first, , , , , refused] = answers
  assert.match(first?.headers.get('ratelimit') ?? '', /"login";r=4;t=12/)
  assert.ok(Number(refused?.headers.get('retry-after')) >= 1)
  const told = await fetch(`${urls[0]}/users`, { headers: { 'x-api-key': 'k' } })
  await told.text()
  assert.equal(
    told.headers.get('ratelimit-policy'),
    '"users-1s";q=10;w=1, "users-1h";q=1000;w=3600',
  )
})

test('the native plugin of the guide counts where rateLimit does', async (t) => {
  const { inject, close } = await createTestGateway(sharedCounts, {
    endpoints: { 'http://127.0.0.1:9001': () => ({ body: 'ok' }) },
  })
  t.after(close)
  assert.equal((await inject('/users')).headers.ratelimit, '"api";r=99;t=1')
  assert.equal((await inject('/reports')).headers['x-ratelimit-remaining'], '98')
  assert.equal((await inject('/users')).headers.ratelimit, '"api";r=97;t=2')
})
