import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { Redis } from 'ioredis'
import { powerOfTwo, retry } from 'sluice/plugins'
import { sessionService } from '../../docs/examples/session-service.ts'
import { tokenFor, tokenService } from '../../docs/examples/token-service.ts'
import { listening } from '../support/listening.ts'
import { skipWithout } from '../support/programs.ts'
import { startRedis } from '../support/redis-server.ts'
import { startGatewayTo } from '../support/start-gateway.ts'

const NAMES = ['ada', 'bob', 'cid']
const upstream = { balance: powerOfTwo(), plugins: [retry()] }

test('services that keep sessions in Redis answer from any instance, and lose none with one', {
  skip: skipWithout('redis-server'),
}, async (t) => {
  const { port: at } = await startRedis(t)
  const redis = new Redis(at)
  t.after(() => redis.disconnect())
  const services = NAMES.map((name) => sessionService(name, redis))
  const urls = []
  for (const service of services) urls.push(await listening(t, service))
  const { port } = await startGatewayTo(t, urls, { upstream })
  const first = await fetch(`http://127.0.0.1:${port}/`)
  const [cookie = ''] = first.headers.getSetCookie()[0]?.split(';') ?? []
  const names = new Set<string>()
  for (let visit = 2; visit <= 40; visit++) {
    if (visit === 20) {
      services[0]?.close()
      services[0]?.closeAllConnections()
    }
    const answer = await fetch(`http://127.0.0.1:${port}/`, { headers: { cookie } })
    const { name, visits } = (await answer.json()) as { name: string; visits: number }
    assert.equal(visits, visit)
    names.add(name)
  }
  assert.deepEqual([...names].sort(), NAMES)
})

test('services that verify tokens themselves answer from any instance, and nobody without one', async (t) => {
  const secret = randomBytes(32)
  const urls = []
  for (const name of NAMES) urls.push(await listening(t, tokenService(name, secret)))
  const { port } = await startGatewayTo(t, urls, { upstream })
  const names = new Set<string>()
  const authorization = `Bearer ${await tokenFor('ada', secret)}`
  for (let i = 0; i < 40; i++) {
    const answer = await fetch(`http://127.0.0.1:${port}/`, { headers: { authorization } })
    const { name, user } = (await answer.json()) as { name: string; user: string }
    assert.equal(user, 'ada')
    names.add(name)
  }
  assert.deepEqual([...names].sort(), NAMES)
  const forged = `Bearer ${await tokenFor('ada', randomBytes(32))}`
  for (const headers of [{}, { authorization: forged }]) {
    assert.equal((await fetch(`http://127.0.0.1:${port}/`, { headers })).status, 401)
  }
})
