import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { type TestContext, test } from 'node:test'
import { definePlugin, Type } from 'sluice'
import { createGateway, type Gateway } from 'sluice/gateway'
import { admin, roundRobin } from 'sluice/plugins'
import { type AdminRequest, askAdmin } from '../../support/admin-client.ts'
import { waitFor } from '../../support/deadline.ts'
import { listening } from '../../support/listening.ts'
import { startGateway } from '../../support/start-gateway.ts'

type Options = NonNullable<Parameters<typeof admin>[0]>

/** A plugin that knows something of its upstream. */
const breaker = definePlugin({
  name: 'breaker',
  options: Type.Object({}),
  create: () => ({ status: () => ({ state: 'closed' }) }),
})

const TOKEN = 'a-token-of-16-chars'

async function started(t: TestContext, options: Options = {}, url = 'http://127.0.0.1:9') {
  const config = {
    http: { port: 0, host: '127.0.0.1' },
    upstreams: {
      users: {
        endpoints: [
          { id: 'a', url, weight: 4 },
          { id: 'b', url: 'http://127.0.0.1:10' },
        ],
        balance: roundRobin(),
        plugins: [breaker()],
      },
      pay: { endpoints: [{ id: 'p/1', url: 'http://127.0.0.1:11' }], balance: roundRobin() },
    },
    routes: [
      { path: '/', to: 'users' as const },
      { path: '/pay', to: 'pay' as const },
    ],
    plugins: [admin({ port: 0, ...options })],
    shutdownTimeout: '500ms' as const,
  }
  const { gateway, port } = await startGateway(t, config)
  const side = sidePort(gateway)
  const ask = (method: string, path: string, body?: unknown, more?: AdminRequest) =>
    askAdmin(side, method, path, body, more)
  const endpoint = async (id: string) => {
    const { body } = await ask('GET', '/upstreams/users')
    const found = body.endpoints.find((one) => one.id === id)
    assert(found, `no endpoint ${id}`)
    return found
  }
  return { gateway, config, port, side, ask, endpoint }
}

function sidePort(gateway: Gateway): number {
  return gateway.sidePorts[0]?.port ?? 0
}

const reasons = ({ holds }: { holds: { reason: string }[] }) => holds.map(({ reason }) => reason)

test('upstreams are told with their endpoints, holds, timelines and what plugins know', async (t) => {
  const { ask } = await started(t)
  const all = await ask('GET', '/upstreams')
  assert.equal(all.status, 200)
  assert.equal(all.headers['content-type'], 'application/json')
  assert.deepEqual(
    (all.body.upstreams as { name: string }[]).map(({ name }) => name),
    ['users', 'pay'],
  )
  const { body } = await ask('GET', '/upstreams/users')
  assert.deepEqual(body.statuses, { breaker: { state: 'closed' } })
  const [a] = body.endpoints
  assert.deepEqual(
    [a?.id, a?.url, a?.weight, a?.inflight, a?.ready],
    ['a', 'http://127.0.0.1:9', 4, 0, true],
  )
  assert.deepEqual(a?.admin, { added: false, factor: 1, hold: null, drain: null })
  assert.equal(a?.changes[0]?.event, 'joined')
  const [listed] = all.body.upstreams as (typeof body)[]
  const { changes: _changes, ...rest } = a ?? {}
  assert.deepEqual(listed?.endpoints[0], rest)
})

test('health and readiness are told, and HEAD is GET without a body', async (t) => {
  const { ask } = await started(t)
  assert.deepEqual((await ask('GET', '/healthz')).body, { status: 'ok' })
  const ready = await ask('GET', '/readyz')
  assert.deepEqual([ready.status, ready.body.phase], [200, 'ready'])
  const head = await ask('HEAD', '/readyz')
  assert.deepEqual([head.status, head.text], [200, ''])
})

test('an endpoint is held with a cause, for a time, and released', async (t) => {
  const { ask, endpoint } = await started(t)
  const held = await ask('POST', '/upstreams/users/endpoints/a/hold', { cause: 'disk', for: '1h' })
  assert.equal(held.status, 200)
  const { holds, ready } = await endpoint('a')
  assert.equal(ready, false)
  assert.deepEqual([holds[0]?.reason, holds[0]?.cause], ['admin', 'disk'])
  assert.equal(Date.parse(holds[0]?.until ?? '') - Date.parse(holds[0]?.since ?? ''), 3_600_000)
  await ask('POST', '/upstreams/users/endpoints/a/hold')
  assert.deepEqual(
    (await endpoint('a')).holds.map(({ cause, until }) => [cause, until]),
    [['', null]],
  )
  const released = await ask('POST', '/upstreams/users/endpoints/a/release', { cause: 'mended' })
  assert.deepEqual([released.body.holds, released.body.admin.hold], [[], null])
  const { changes } = await endpoint('a')
  assert.deepEqual(changes.at(-1)?.cause, 'mended')
})

test('a drain tells how it goes on, waits if it is asked to, and is undone', async (t) => {
  const waiting: (() => void)[] = []
  const server = createServer((_req, res) => waiting.push(() => res.end('done')))
  const { ask, endpoint, port } = await started(t, {}, await listening(t, server))
  await ask('POST', '/upstreams/users/endpoints/b/hold')
  const answer = fetch(`http://127.0.0.1:${port}/`)
  await waitFor(() => waiting.length === 1, 'the request')
  const path = '/upstreams/users/endpoints/a'
  const begun = await ask('POST', `${path}/drain`, { deadline: '20s', cause: 'deploy' })
  assert.equal(begun.status, 202)
  const { state, left, cause } = begun.body.admin.drain ?? {}
  assert.deepEqual([state, left, cause], ['draining', 1, 'deploy'])
  const waited = ask('POST', `${path}/drain`, { wait: true })
  waiting[0]?.()
  assert.equal(await (await answer).text(), 'done')
  const over = await waited
  assert.deepEqual([over.status, over.body.admin.drain?.state], [200, 'drained'])
  assert.deepEqual(reasons(await endpoint('a')), ['drain', 'drained'])
  const back = await ask('POST', `${path}/undrain`, { cause: 'deployed' })
  assert.deepEqual([back.status, back.body.holds, back.body.admin.drain], [200, [], null])
})

test('a weight is a part of the configured one, and comes back', async (t) => {
  const { ask, endpoint } = await started(t)
  const path = '/upstreams/users/endpoints/a/weight'
  assert.equal((await ask('POST', path, { factor: 0.25 })).body.weight, 1)
  assert.equal((await endpoint('a')).admin.factor, 0.25)
  assert.equal((await ask('POST', path, { factor: 1 })).body.weight, 4)
})

test('endpoints are added and removed, those of the config are not', async (t) => {
  const { ask } = await started(t)
  const path = '/upstreams/users/endpoints'
  const added = await ask('POST', path, { url: 'http://127.0.0.1:12', weight: 2, id: 'c/1' })
  assert.deepEqual([added.status, added.headers.location], [201, `${path}/c%2F1`])
  assert.deepEqual([added.body.admin.added, added.body.weight], [true, 2])
  assert.equal((await ask('POST', path, { url: 'http://127.0.0.1:13', id: 'a' })).status, 409)
  const wrong = await ask('POST', path, { url: 'http://127.0.0.1:12/path' })
  assert.equal(wrong.status, 400)
  assert.match(wrong.body.errors[0]?.message ?? '', /the URL has a path/)
  assert.equal((await ask('DELETE', `${path}/a`)).status, 409)
  assert.equal((await ask('DELETE', `${path}/c%2F1`)).status, 204)
  assert.equal((await ask('DELETE', `${path}/c%2F1`)).status, 404)
  const plain = await ask('POST', path, { url: 'http://127.0.0.1:12' })
  assert.equal(plain.body.id, '127.0.0.1:12')
})

test('what an admin wants survives a reload, one that changes the plugin too', async (t) => {
  const { ask, endpoint, gateway, config, side } = await started(t)
  const path = '/upstreams/users/endpoints'
  await ask('POST', `${path}/a/drain`, { cause: 'deploy' })
  await ask('POST', `${path}/b/hold`, { cause: 'disk' })
  await ask('POST', `${path}/b/weight`, { factor: 0.5 })
  await ask('POST', path, { url: 'http://127.0.0.1:12', id: 'c' })
  const same = async (): Promise<void> => {
    const [a, b, c] = [await endpoint('a'), await endpoint('b'), await endpoint('c')]
    assert.deepEqual(reasons(a), ['drain', 'drained'])
    assert.equal(a.admin.drain?.cause, 'deploy')
    assert.deepEqual([reasons(b), b.holds[0]?.cause, b.weight], [['admin'], 'disk', 0.5])
    assert.deepEqual([c.admin.added, c.ready], [true, true])
  }
  await same()
  await gateway.reload(config)
  await same()
  // At another place, with other options, beside another plugin: another use on the same port.
  const plugins = [breaker(), admin({ port: 0, origins: ['https://ops.test'] })]
  await gateway.reload({ ...config, plugins })
  assert.equal(sidePort(gateway), side)
  const page = await ask('GET', '/healthz', undefined, { headers: { origin: 'https://ops.test' } })
  assert.equal(page.status, 200)
  await same()
  assert.equal((await ask('DELETE', `${path}/c`)).status, 204)
  // What leaves is forgotten.
  const [b] = config.upstreams.users.endpoints.slice(1)
  assert(b)
  const users = { ...config.upstreams.users, endpoints: [b] }
  await gateway.reload({ ...config, plugins, upstreams: { ...config.upstreams, users } })
  await gateway.reload({ ...config, plugins })
  assert.deepEqual(reasons(await endpoint('a')), [])
  assert.deepEqual(reasons(await endpoint('b')), ['admin'])
})

test('the port moves when the options say so, and goes with the plugin', async (t) => {
  const { gateway, config, side } = await started(t)
  const other = [admin({ port: 0, host: 'localhost' })]
  await gateway.reload({ ...config, plugins: other })
  const moved = sidePort(gateway)
  assert.notEqual(moved, side)
  await assert.rejects(askAdmin(side, 'GET', '/healthz'), { code: 'ECONNREFUSED' })
  await gateway.reload({ ...config, plugins: [] })
  assert.deepEqual(gateway.sidePorts, [])
})

test('an address in use fails the boot, and a reload changes nothing', async (t) => {
  const { gateway, config, side, ask } = await started(t)
  const taken = Number(new URL(await listening(t, createServer())).port)
  const other = { ...config, plugins: [admin({ port: taken })] }
  await assert.rejects(gateway.reload(other), {
    code: 'CANNOT_LISTEN',
    message: `plugins[0] admin: cannot listen on 127.0.0.1:${taken}: the address is in use`,
  })
  assert.deepEqual([sidePort(gateway), (await ask('GET', '/readyz')).status], [side, 200])
  const second = await createGateway({ ...other, http: { port: 0, host: '127.0.0.1' } })
  t.after(() => second.close())
  await assert.rejects(second.listen(), { code: 'CANNOT_LISTEN' })
})

test('off loopback a token is required, and everywhere it is asked for', async (t) => {
  const { config } = await started(t)
  const off = (options: Options) => createGateway({ ...config, plugins: [admin(options)] })
  await assert.rejects(off({ host: '0.0.0.0' }), {
    message:
      /^plugins\[0\] admin: host "0.0.0.0" .* a token is required: token: env\('ADMIN_TOKEN'\)$/,
  })
  await assert.rejects(off({ token: 'short' }), /plugins\[0\] admin: \/token must have at least 16/)
  const { ask } = await started(t, { token: TOKEN })
  const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } })
  const without = await ask('GET', '/healthz')
  assert.equal(without.status, 401)
  assert.equal(without.headers['www-authenticate'], 'Bearer realm="sluice"')
  assert.equal(without.headers['content-type'], 'application/problem+json')
  assert.equal((await ask('GET', '/healthz', undefined, bearer(`${TOKEN}x`))).status, 401)
  assert.equal((await ask('GET', '/healthz', undefined, bearer(TOKEN))).status, 200)
})

test('names that lead here and pages of other origins are refused', async (t) => {
  const { ask } = await started(t, { origins: ['https://ops.test'], hosts: ['admin.test'] })
  const by = async (headers: Record<string, string>, method = 'GET') =>
    (await ask(method, '/healthz', undefined, { headers })).status
  assert.equal(await by({ host: 'evil.test' }), 403)
  assert.equal(await by({ host: 'localhost:9901' }), 200)
  assert.equal(await by({ host: '[::1]:9901' }), 200)
  assert.equal(await by({ host: 'ADMIN.test' }), 200)
  assert.equal(await by({ origin: 'https://evil.test' }), 403)
  assert.equal(await by({ origin: 'null' }), 403)
  assert.equal(await by({ 'sec-fetch-site': 'cross-site' }), 403)
  assert.equal(await by({ origin: 'https://ops.test' }), 200)
  assert.equal(await by({ origin: 'https://ops.test' }, 'OPTIONS'), 204)
  assert.equal(await by({}, 'OPTIONS'), 405)
})

test('what there is not is told with the nearest name, and what a path takes', async (t) => {
  const { ask } = await started(t)
  const told = async (method: string, path: string) => {
    const { status, body, headers } = await ask(method, path)
    assert.equal(headers['content-type'], 'application/problem+json')
    return `${status} ${body.detail}`
  }
  assert.equal(
    await told('GET', '/upstreams/usrs'),
    '404 there is no upstream "usrs"; did you mean "users"?',
  )
  assert.equal(
    await told('POST', '/upstreams/users/endpoints/x/drain'),
    '404 upstream users has no endpoint "x"; there are a, b',
  )
  assert.equal(await told('GET', '/upstream'), '404 nothing is there; did you mean "/upstreams"?')
  assert.equal(await told('GET', '/%zz'), '400 the path has a malformed escape')
  const wrong = await ask('PUT', '/upstreams/users')
  assert.deepEqual([wrong.status, wrong.headers.allow], [405, 'GET, HEAD'])
  assert.equal((await ask('GET', '/reload')).headers.allow, 'POST')
})

test('bodies that are wrong are refused with every reason', async (t) => {
  const { ask, endpoint } = await started(t)
  const path = '/upstreams/users/endpoints/a/drain'
  const errors = async (body: unknown) => {
    const answer = await ask('POST', path, body)
    assert.equal(answer.status, 400)
    return answer.body.errors.map(({ pointer, message }) => `${pointer} ${message}`)
  }
  assert.deepEqual(await errors({ deadlin: '1s', wait: 'yes' }), [
    ' unknown key "deadlin"; did you mean "deadline"?',
    '/wait must be true or false, got "yes"',
  ])
  assert.deepEqual(await errors({ deadline: '1 minute' }), [
    '/deadline must be a duration such as "30s", got "1 minute"',
  ])
  assert.deepEqual(await errors([]), [' must be an object, got []'])
  assert.deepEqual(await errors(null), [' must be an object, got null'])
  const weight = '/upstreams/users/endpoints/a/weight'
  for (const factor of [0, -1, 1.5, 'x', null]) {
    assert.equal((await ask('POST', weight, { factor })).status, 400, String(factor))
  }
  assert.deepEqual(reasons(await endpoint('a')), [])
})

test('nonsense is refused as what it is, and the API goes on', async (t) => {
  const { ask } = await started(t)
  const path = '/upstreams/users/endpoints/a/hold'
  const status = async (raw: string, headers: Record<string, string> = {}) =>
    (await ask('POST', path, undefined, { raw, headers })).status
  assert.equal(await status('{"cause": '), 400)
  assert.equal(await status('{"__proto__": {"cause": "x"}}'), 400)
  assert.equal(await status('['.repeat(60_000)), 400)
  assert.equal(await status(`{"cause":${'['.repeat(30_000)}${']'.repeat(30_000)}}`), 400)
  assert.equal(await status('a=b', { 'content-type': 'application/x-www-form-urlencoded' }), 415)
  assert.equal(await status('{}', { 'content-type': '' }), 415)
  assert.equal(await status('{}', { 'content-encoding': 'gzip' }), 415)
  assert.equal(await status(`{"cause":"${'x'.repeat(2 ** 20)}"}`), 413)
  const chunked = { 'transfer-encoding': 'chunked' }
  assert.equal(await status(`{"cause":"${'x'.repeat(2 ** 20)}"}`, chunked), 413)
  assert.equal((await ask('POST', path)).status, 200)
})

test('the config is shown without its secrets', async (t) => {
  const { gateway, config, ask } = await started(t, { token: TOKEN })
  const headers = { authorization: `Bearer ${TOKEN}` }
  const shown = await ask('GET', '/config', undefined, { headers })
  assert.equal(shown.text.includes(TOKEN), false)
  const { upstreams, plugins, routes } = shown.body as unknown as Record<string, unknown>
  assert.deepEqual((plugins as { use: string }[])[0]?.use, 'admin')
  assert.equal((routes as unknown[]).length, 2)
  assert.deepEqual(
    (upstreams as { users: { endpoints: { id: string }[] } }).users.endpoints.map(({ id }) => id),
    ['a', 'b'],
  )
  assert.ok(gateway && config)
})

test('a gateway that has no file cannot be asked to reload it', async (t) => {
  const { ask } = await started(t)
  const { status, body } = await ask('POST', '/reload')
  assert.deepEqual(
    [status, body.detail.startsWith('the gateway was not made from a file')],
    [409, true],
  )
})

test('a stop is begun, and told of, and answers whoever waits for its end', async (t) => {
  const waiting: (() => void)[] = []
  const server = createServer((_req, res) => waiting.push(() => res.end('done')))
  const { ask, port, gateway } = await started(t, {}, await listening(t, server))
  await ask('POST', '/upstreams/users/endpoints/b/hold')
  const answer = fetch(`http://127.0.0.1:${port}/`)
  await waitFor(() => waiting.length === 1, 'the request')
  const begun = await ask('POST', '/drain', { cause: 'deploy' })
  assert.deepEqual([begun.status, begun.body.phase, begun.body.exchanges], [202, 'draining', 1])
  await gateway.closing
  assert.equal((await ask('GET', '/readyz')).status, 503)
  const waited = ask('POST', '/drain', { wait: true })
  waiting[0]?.()
  assert.equal(await (await answer).text(), 'done')
  const over = await waited
  assert.deepEqual([over.status, over.body], [200, { exchanges: 0, tunnels: 0 }])
  await gateway.close()
  await assert.rejects(ask('GET', '/healthz'), { code: 'ECONNREFUSED' })
})

test('the API is described by an OpenAPI document that holds together', async (t) => {
  const { ask } = await started(t)
  const { status, text, body } = await ask('GET', '/openapi.json')
  assert.deepEqual([status, body.openapi], [200, '3.1.0'])
  const { schemas } = body.components as { schemas: Record<string, unknown> }
  const refs = Array.from(
    text.matchAll(/"#\/components\/schemas\/(\w+)"/g),
    ([, name = '']) => name,
  )
  assert.deepEqual(
    refs.filter((name) => !(name in schemas)),
    [],
  )
  assert.equal(text.includes('"unit"'), false)
  const paths = body.paths as Record<string, Record<string, { requestBody?: object }>>
  const drain = paths['/upstreams/{name}/endpoints/{id}/drain']?.post
  assert.match(JSON.stringify(drain?.requestBody), /"additionalProperties":false/)
  for (const path of Object.keys(paths)) {
    const real = path.replace('{name}', 'users').replace('{id}', 'a')
    assert.equal((await ask('PATCH', real)).status, 405, path)
  }
})
