import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { type TestContext, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { askAdmin } from '../support/admin-client.ts'
import { command, sluice } from '../support/command.ts'
import { configFile } from '../support/config-file.ts'
import { waitFor, within } from '../support/deadline.ts'
import { startSteadyLoad } from '../support/steady-load.ts'
import { startSupervised, workerOf } from '../support/supervised.ts'

const ROOT = new URL('../..', import.meta.url).pathname
const ENDPOINT = new URL('../support/deployed-endpoint.ts', import.meta.url).pathname
const START_MS = 15_000

async function startEndpoint(t: TestContext, port = 0) {
  const running = command(process.execPath, [ENDPOINT, String(port)])
  t.after(() => running.child.kill('SIGKILL'))
  const [, chosen] = await running.printed(/port (\d+)/, START_MS)
  return { port: Number(chosen), running }
}

const CONFIG = (urls: readonly string[], rest = '') => `
  import { defineGateway } from 'sluice'
  import { admin, roundRobin } from 'sluice/plugins'
  export default defineGateway({
    http: { host: '127.0.0.1', port: 0 },
    upstreams: { it: { endpoints: [${urls.map((url, n) => `{ id: 'e${n}', url: '${url}' }`)}], balance: roundRobin() } },
    routes: [{ path: '/', to: 'it' }],
    plugins: [admin({ port: 0 ${rest} })],
    shutdownTimeout: '5s',
  })`

async function started(t: TestContext, config: string) {
  const { file, write } = configFile(t, config)
  const gateway = await startSupervised(t, file)
  const ports = () =>
    Array.from(gateway.errors().matchAll(/"plugin":"admin".*?"port":(\d+)/g), ([, port]) =>
      Number(port),
    )
  await gateway.told(/"plugin":"admin"/)
  const [port = 0] = ports()
  const ask = (method: string, path: string, body?: unknown) => askAdmin(port, method, path, body)
  return { gateway, file, write, port, ports, ask }
}

test('a deploy through the API loses nothing under load: drain, stop, start, undrain', async (t) => {
  const endpoints = [await startEndpoint(t), await startEndpoint(t)]
  const { gateway, ask } = await started(
    t,
    CONFIG(endpoints.map(({ port }) => `http://127.0.0.1:${port}`)),
  )
  const load = startSteadyLoad(`${gateway.url}/slow`, 4, 5)
  for (const [n, { port, running }] of endpoints.entries()) {
    const path = `/upstreams/it/endpoints/e${n}`
    const drained = await ask('POST', `${path}/drain`, { deadline: '20s', wait: true })
    assert.deepEqual([drained.status, drained.body.admin.drain?.state], [200, 'drained'])
    running.child.kill('SIGKILL')
    await running.ended
    await startEndpoint(t, port)
    assert.equal((await ask('POST', `${path}/undrain`)).status, 200)
    await pause(100)
  }
  await load.stop()
  assert.deepEqual(load.failures, [])
  assert.ok(load.fine() > 50, `${load.fine()} requests`)
})

test('an upgrade passes the port on with what the API was told, and so does a crash', async (t) => {
  const { gateway, ports, ask, port } = await started(
    t,
    CONFIG(['http://127.0.0.1:9', 'http://127.0.0.1:10', 'http://127.0.0.1:11']),
  )
  await ask('POST', '/upstreams/it/endpoints/e0/drain', { cause: 'deploy' })
  await ask('POST', '/upstreams/it/endpoints/e1/hold', { cause: 'disk' })
  await ask('POST', '/upstreams/it/endpoints/e2/weight', { factor: 0.5 })
  await ask('POST', '/upstreams/it/endpoints', { url: 'http://127.0.0.1:12', id: 'more' })
  const wanted = async () => {
    const { body } = await ask('GET', '/upstreams/it')
    return body.endpoints.map(({ id, holds, weight, admin }) => {
      return [
        id,
        holds.map(({ reason, cause }) => `${reason}: ${cause}`)[0],
        weight,
        admin.added,
      ].join()
    })
  }
  const told = [
    'e0,drain: deploy,1,false',
    'e1,admin: disk,1,false',
    'e2,,0.5,false',
    'more,,1,true',
  ]
  assert.deepEqual(await wanted(), told)
  const before = workerOf(gateway)
  gateway.child.kill('SIGUSR2')
  await gateway.told(/took over/)
  await waitFor(() => !gateway.workers().includes(before), 'the end of the old worker', START_MS)
  assert.deepEqual(ports(), [port, port])
  assert.deepEqual(await wanted(), told)
  process.kill(workerOf(gateway), 'SIGKILL')
  await gateway.told(/serves again/)
  assert.deepEqual(await wanted(), told)
})

test('a reload through the API tells what changed, or everything that is wrong', async (t) => {
  const { write, ask } = await started(t, CONFIG(['http://127.0.0.1:9']))
  write(CONFIG(['nonsense', 'http://127.0.0.1:9/path']))
  const refused = await ask('POST', '/reload')
  assert.equal(refused.status, 422)
  assert.equal(refused.headers['content-type'], 'application/problem+json')
  assert.equal(refused.body.errors.length, 2)
  assert.match(refused.body.errors[1]?.message ?? '', /endpoints\[1\].*the URL has a path/)
  assert.equal((await ask('GET', '/upstreams/it')).body.endpoints.length, 1)
  write(CONFIG(['http://127.0.0.1:9', 'http://127.0.0.1:10'], ", hosts: ['admin.test']"))
  const done = await ask('POST', '/reload')
  const { changed } = done.body.upstreams as { changed: { joining: string[] }[] }
  assert.deepEqual([done.status, changed[0]?.joining], [200, ['e1']])
  assert.equal((await ask('GET', '/upstreams/it')).body.endpoints.length, 2)
})

test('a stop through the API answers when the drain is over, and ends both processes', async (t) => {
  const { port } = await startEndpoint(t)
  const { gateway, ask } = await started(t, CONFIG([`http://127.0.0.1:${port}`]))
  const answers = Array.from(
    { length: 10 },
    async () => (await fetch(`${gateway.url}/slow`)).status,
  )
  // A connection that still waits to be accepted when the port closes is reset.
  while ((await ask('GET', '/readyz')).body.exchanges !== 10) await pause(5)
  const over = await ask('POST', '/drain', { wait: true, cause: 'preStop' })
  assert.deepEqual([over.status, over.body], [200, { exchanges: 0, tunnels: 0 }])
  assert.deepEqual(new Set(await Promise.all(answers)), new Set([200]))
  assert.equal(await within(gateway.ended, 'the end'), 0)
})

test('the script of the guide replaces an endpoint', async (t) => {
  const { port, running } = await startEndpoint(t)
  const {
    gateway,
    port: adminPort,
    ask,
  } = await started(
    t,
    CONFIG([`http://127.0.0.1:${port}`, `http://127.0.0.1:${(await startEndpoint(t)).port}`]),
  )
  const load = startSteadyLoad(gateway.url, 2, 5)
  const replace = async (...rest: string[]) => {
    const args = ['docs/examples/replace-endpoint.sh', 'it', ...rest]
    const env = { ...process.env, ADMIN: `http://127.0.0.1:${adminPort}` }
    const script = spawn('sh', args, { cwd: ROOT, env, stdio: 'ignore' })
    return (await once(script, 'exit'))[0]
  }
  assert.equal(await replace('e0', 'kill', '-9', String(running.child.pid)), 0)
  await ask('POST', '/upstreams/it/endpoints/e0/drain')
  await startEndpoint(t, port)
  assert.equal(await replace('e0', 'true'), 0)
  assert.equal(await replace('e0', 'false'), 1)
  const { body } = await ask('GET', '/upstreams/it')
  assert.equal(body.endpoints[0]?.admin.drain?.state, 'drained')
  assert.notEqual(await replace('e7', 'true'), 0)
  await load.stop()
})

test('sluice explain shows the endpoints as they are in the gateway that runs', async (t) => {
  const { file, port, ask } = await started(
    t,
    CONFIG(['http://127.0.0.1:9', 'http://127.0.0.1:10']),
  )
  await ask('POST', '/upstreams/it/endpoints/e1/hold', { cause: 'disk' })
  const explained = async (url: string) => {
    const ran = sluice(['explain', 'GET', '/', '-c', file, '--admin', url])
    return `${await ran.ended} ${ran.output()}${ran.errors()}`
  }
  const live = await explained(`http://127.0.0.1:${port}`)
  assert.match(live, /^0 /)
  assert.match(live, /e0 .*0 in flight {2}ready$/m)
  assert.match(live, /e1 .*0 in flight {2}held: admin \(disk\) since \d{4}-.*Z$/m)
  assert.match(live, /e1 at .*Z: joined\n {2}e1 at .*Z: held admin \(disk\)$/m)
  assert.match(
    await explained('http://127.0.0.1:9'),
    /^1 sluice: the admin API at .* does not answer/,
  )
  assert.match(await explained('nonsense'), /^2 sluice: --admin takes a URL/)
})

test('sluice explain sends the token that a variable has', async (t) => {
  const token = 'a-token-of-16-chars'
  const config = CONFIG(['http://127.0.0.1:9'], `, token: '${token}'`)
  const { file, port } = await started(t, config)
  const admin = ['--admin', `http://127.0.0.1:${port}`]
  const explained = async (args: readonly string[], value: string) => {
    const env = { ADMIN_TOKEN: value }
    const ran = sluice(['explain', 'GET', '/', '-c', file, ...args], { env })
    return `${await ran.ended} ${ran.output()}${ran.errors()}`
  }
  const withToken = [...admin, '--token-env', 'ADMIN_TOKEN']
  assert.match(await explained(withToken, token), /^0 [\s\S]*e0 .*0 in flight {2}ready$/m)
  assert.match(await explained(withToken, `${token}!`), /^1 sluice: .* answers 401: /)
  assert.match(await explained(admin, token), /^1 sluice: .* answers 401: /)
  assert.match(
    await explained([...admin, '--token-env', 'ADMIN_TOKEM'], token),
    /^2 sluice: the environment variable ADMIN_TOKEM is not set/,
  )
})
