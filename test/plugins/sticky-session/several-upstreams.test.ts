import assert from 'node:assert/strict'
import { test } from 'node:test'
import { roundRobin, stickySession } from 'sluice/plugins'
import { SECRET, startBound } from './bound.ts'

const upstreams = {
  users: { endpoints: ['http://a.test', 'http://b.test', 'http://c.test'], balance: roundRobin() },
  carts: { endpoints: ['http://d.test', 'http://e.test', 'http://f.test'], balance: roundRobin() },
}
const use = stickySession({ secret: SECRET })

test('each upstream has a cookie of its own, so that none unbinds another, wherever the use stands', async () => {
  const paths = [
    { path: '/users', to: 'users' },
    { path: '/carts', to: 'carts' },
  ] as const
  const places = [
    { upstreams, routes: paths.map((route) => ({ ...route, plugins: [use] })) },
    { upstreams, routes: [...paths], plugins: [use] },
    {
      upstreams: {
        users: { ...upstreams.users, plugins: [use] },
        carts: { ...upstreams.carts, plugins: [use] },
      },
      routes: [...paths],
    },
  ]
  for (const config of places) {
    const bound = await startBound({ config })
    const client = bound.client()
    let letters = ''
    for (let i = 0; i < 4; i++) letters += await client.visit(1, i % 2 === 0 ? '/users' : '/carts')
    assert.equal(letters, 'adad')
    assert.deepEqual([...client.cookies.keys()], ['sluice-users', 'sluice-carts'])
    await bound.close()
  }
})

test('a session stays on its side of a split, and leaves a side that has no share any more', async () => {
  const routes = (users: number, carts: number) => [{ to: { users, carts }, plugins: [use] }]
  const bound = await startBound({ config: { upstreams, routes: routes(1, 1) } })
  const clients = Array.from({ length: 12 }, () => bound.client())
  const own: string[] = []
  for (const client of clients) own.push(await client.visit(1))
  assert.ok(own.some((letter) => letter < 'd') && own.some((letter) => letter > 'c'), 'seed 1')
  for (const [i, client] of clients.entries()) {
    assert.equal(await client.visit(4), own[i]?.repeat(4))
  }

  const moved = { http: { port: 0 }, upstreams, routes: routes(1, 0) }
  await bound.gateway.reload(moved)
  for (const client of clients) {
    assert.match(await client.visit(3), /^([abc])\1\1$/)
    assert.deepEqual([...client.cookies.keys()], ['sluice-users'])
  }
  await bound.close()
})

test('a name without a place for the upstream is one cookie for the sides of a route', async () => {
  const one = stickySession({ secret: SECRET, name: 'at' })
  const routes = [{ to: { users: 1, carts: 1 }, plugins: [one] }]
  const bound = await startBound({ config: { upstreams, routes } })
  for (let i = 0; i < 8; i++) {
    const client = bound.client()
    const own = await client.visit(1)
    assert.equal(await client.visit(3), own.repeat(3))
    assert.deepEqual([...client.cookies.keys()], ['at'])
  }
  await bound.close()
})
