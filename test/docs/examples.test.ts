import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { globSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { createTestGateway } from 'sluice/testing'
import errorPages from '../../docs/examples/error-pages.config.ts'
import firstGateway from '../../docs/examples/first-gateway.config.ts'
import headers from '../../docs/examples/headers.config.ts'
import levels from '../../docs/examples/levels.config.ts'
import { lightFirst } from '../../docs/examples/light-first.ts'
import maintenance from '../../docs/examples/maintenance.config.ts'
import nativePlugins from '../../docs/examples/native.config.ts'
import { outOfService } from '../../docs/examples/out-of-service.ts'
import paths from '../../docs/examples/paths.config.ts'
import rollingDeploy from '../../docs/examples/rolling-deploy.config.ts'
import routes from '../../docs/examples/routes.config.ts'
import { A, B, CA } from '../support/certificates.ts'
import { PAGES } from './pages.ts'
import { ROOT, source } from './source.ts'

// The scenarios have a page, and a test, of their own: scenarios.test.ts.
const EXAMPLES = globSync('docs/examples/*.*', { cwd: fileURLToPath(ROOT) })
const CONFIGS = EXAMPLES.filter((file) => file.endsWith('.config.ts'))
const TESTS = EXAMPLES.filter((file) => file.endsWith('.test.ts'))
const CLI = 'core/cli/main.ts'
// What the examples take from the environment.
const SECRETS = {
  ADA_KEY: 'k1',
  BILLING_KEY: `sha256:${'0'.repeat(64)}`,
  ADA_HASH: `$scrypt$ln=15,r=8,p=1$${'A'.repeat(22)}$${'A'.repeat(43)}`,
  REGISTRY_TOKEN: 'r1',
  STICKY_SECRET: 'a secret of the tests, long enough',
  REDIS_URL: 'redis://127.0.0.1:6379',
  ...{ TLS_CERT: A.cert, TLS_KEY: A.key, SHOP_CERT: B.cert, SHOP_KEY: B.key, CLIENT_CA: CA },
}
// What `npm start` runs; test/e2e takes it for a walk.
const DEMO = ['docs/examples/services.ts', 'docs/examples/start.ts']

for (const config of CONFIGS) {
  test(`${config} passes the check`, () => {
    const { status, output } = run(CLI, 'check', '-c', config)
    assert.equal(status, 0, output)
  })
}

for (const file of TESTS) {
  test(`${file} passes`, () => {
    const { status, output } = run('--test', file)
    assert.equal(status, 0, output)
  })
}

test('the broken config is refused', () => {
  assert.equal(run(CLI, 'check', '-c', 'docs/examples/broken.config.mjs').status, 1)
})

test('the embedded gateway answers, reloads, and lets the program end', () => {
  const { status, output } = run('docs/examples/embed.ts')
  assert.equal(status, 0, output)
  assert.match(output, /^200 hello from \/world$/m)
  assert.match(output, /^404 application\/problem\+json$/m)
})

test('the gateway that is embedded from a file reloads it, and lets the program end', () => {
  const { status, output } = run('docs/examples/embed-file.ts')
  assert.equal(status, 0, output)
  assert.match(output, /^routes added: 0 upstreams added: 0$/m)
})

test('the WebSocket of the guide is echoed, and told to reconnect', () => {
  const { status, output } = run('docs/examples/websockets.ts')
  assert.equal(status, 0, output)
  assert.match(output, /^hello$/m)
  assert.match(output, /^1012 service restart$/m)
})

test('the first gateway answers as the guide says', async () => {
  const { inject, close } = await createTestGateway(firstGateway, {
    endpoints: {
      'http://127.0.0.1:9001': () => ({ body: 'ada' }),
      'http://127.0.0.1:9002': () => ({ body: 'bob' }),
    },
  })
  const bodies = [(await inject('/users/7')).body, (await inject('/users/7')).body]
  const missing = await inject('/orders')
  const refused = await inject({ method: 'DELETE', url: '/users/7' })
  await close()
  assert.deepEqual(bodies, ['ada', 'bob'])
  assert.equal(missing.statusCode, 404)
  assert.deepEqual([refused.statusCode, refused.headers.allow], [405, 'GET, POST'])
})

test('native plugins act on proxied traffic as the guide says', async () => {
  const text = { 'content-type': 'text/plain' }
  const { inject, close } = await createTestGateway(nativePlugins, {
    endpoints: {
      'http://127.0.0.1:9001': () => ({ headers: text, body: 'users' }),
      'http://127.0.0.1:9002': () => ({ headers: text, body: 'page '.repeat(1_000) }),
    },
  })
  const users = await inject({ url: '/users', headers: { origin: 'https://app.example.com' } })
  const page = await inject({ url: '/', headers: { 'accept-encoding': 'gzip' } })
  await close()
  assert.equal(users.headers['access-control-allow-origin'], 'https://app.example.com')
  assert.equal(users.headers['x-frame-options'], 'SAMEORIGIN')
  assert.equal(page.headers['content-encoding'], 'gzip')
})

test('headers are changed as the guide says', async () => {
  const { inject, close } = await createTestGateway(headers, {
    endpoints: {
      'http://127.0.0.1:9001': ({ headers: sent }) => ({
        headers: { server: 'secret' },
        body: JSON.stringify(sent),
      }),
    },
  })
  const forged = await inject({
    url: '/users/7',
    headers: { X_User_Id: 'admin', cookie: 'a=1', 'x-old-tenant': 'blue' },
  })
  const known = await inject({ url: '/users/7', headers: { authorization: 'Bearer k1' } })
  const missing = await inject('/nothing')
  await close()
  const sent = forged.json()
  assert.equal(forged.body.includes('admin'), false)
  assert.equal(known.json()['x-user-id'], 'ada')
  assert.deepEqual(
    [sent.cookie, sent['x-tenant'], sent['x-user'], sent['x-served-by']],
    [undefined, 'blue', '7', '127.0.0.1:9001'],
  )
  assert.equal(forged.headers.server, undefined)
  assert.equal(forged.headers['x-request-id'], sent['x-request-id'])
  assert.equal(missing.headers['strict-transport-security'], 'max-age=31536000')
})

test('a browser gets the pages that the guide shows', async () => {
  const { inject, close } = await createTestGateway(errorPages, { endpoints: {} })
  const accept = { accept: 'text/html,*/*;q=0.8' }
  const missing = await inject({ url: '/nothing', headers: accept })
  const refused = await inject({ url: '/users', headers: accept })
  const program = await inject('/users')
  await close()
  assert.equal(missing.body, '<h1>There is nothing at this address</h1>')
  assert.match(refused.body, /<h1>Bad Gateway<\/h1>/)
  assert.ok(refused.body.includes(String(refused.headers['x-request-id'])))
  assert.equal(program.headers['content-type'], 'application/problem+json')
})

test('an endpoint is out of service for as long as the guide’s config lists it', async () => {
  const { gateway, clock, inject, logged, close } = await createTestGateway(rollingDeploy, {
    endpoints: {
      'http://127.0.0.1:9001': () => ({ body: 'users-1' }),
      'http://127.0.0.1:9002': () => ({ body: 'users-2' }),
    },
  })
  const both = async () => [(await inject('/users')).body, (await inject('/users')).body].sort()
  const before = await both()
  const [stop] = rollingDeploy.plugins ?? []
  const ids = ['users-2']
  await gateway.reload({ ...rollingDeploy, plugins: [stop, outOfService({ ids })] as never })
  const without = await both()
  await gateway.reload(rollingDeploy)
  // Strategies hear of holds in the next turn.
  clock.advance(0)
  const after = await both()
  await close()
  assert.deepEqual(before, ['users-1', 'users-2'])
  assert.deepEqual(without, ['users-1', 'users-1'])
  assert.deepEqual(after, ['users-1', 'users-2'])
  assert.ok(logged.some(({ message }) => message === 'an endpoint is drained'))
})

test('the script of the guide stops a process and waits for its end', async () => {
  const child = spawn(process.execPath, [
    '-e',
    "process.on('SIGTERM', () => setTimeout(() => process.exit(0), 200)); setInterval(() => {}, 1e6); console.log('up')",
  ])
  await once(child.stdout, 'data')
  const ended = once(child, 'exit')
  const stop = spawn('sh', ['docs/examples/stop-gateway.sh', String(child.pid)], {
    cwd: fileURLToPath(ROOT),
  })
  const [code] = await once(stop, 'exit')
  assert.deepEqual([code, await ended], [0, [0, null]])
})

test('the routes of the reference go where they say', async () => {
  const named = (name: string) => () => ({ body: name })
  const { inject, close } = await createTestGateway(routes, {
    endpoints: {
      'http://10.0.0.1:9001': named('users'),
      'http://10.0.0.2:9001': named('users'),
      'https://files.internal': named('files'),
      'http://10.0.0.3:9001': named('pages'),
    },
  })
  const ask = async (host: string, url: string) => (await inject({ url, headers: { host } })).body
  const answers = [
    await ask('API.example.com:8080', '/users/7'),
    await ask('api.example.com', '/users/7/avatar'),
    await ask('api.example.com', '/files/a'),
    await ask('www.example.com', '/users/7'),
  ]
  await close()
  assert.deepEqual(answers, ['users', 'files', 'files', 'pages'])
})

test('paths are rewritten and redirected as the reference says', async () => {
  const { inject, close } = await createTestGateway(paths, {
    endpoints: {
      'http://127.0.0.1:9001': ({ target, headers }) => ({ body: `${headers.host}${target}` }),
    },
  })
  const answers = [
    (await inject('/users/7?x')).body,
    (await inject('/app//x')).body,
    (await inject('/people/7')).body,
    (await inject('/members/7?x')).headers.location,
    (await inject({ url: '/a?b', headers: { host: 'old.example.com' } })).headers.location,
  ]
  await close()
  assert.deepEqual(answers, [
    'users.internal/v1/7?x',
    'users.internal/x',
    'users.internal/v1/7/profile',
    '/users/7?x',
    'https://example.com/a?b',
  ])
})

test('the maintenance page is what the reference says', async () => {
  const { inject, close } = await createTestGateway(maintenance, { endpoints: {} })
  const page = await inject('/users/7')
  const [robots, gone] = [await inject('/robots.txt'), await inject('/v1/x')]
  await close()
  assert.deepEqual([page.statusCode, page.headers['retry-after']], [503, '600'])
  assert.match(page.body, /ten minutes/)
  assert.equal(robots.headers['content-type'], 'text/plain; charset=utf-8')
  assert.equal(gone.statusCode, 410)
})

test('every example is shown on a page', () => {
  const pages = PAGES.map(source).join('\n')
  const hidden = EXAMPLES.filter((file) => {
    const name = file.slice('docs/examples/'.length)
    return !DEMO.includes(file) && !new RegExp(`example: ${name}(#[\\w+]+)? `).test(pages)
  })
  assert.deepEqual(hidden, [])
})

/** Runs node on the sources, as a reader would. */
function run(...args: readonly string[]): { status: number | null; output: string } {
  const { NODE_TEST_CONTEXT: _, ...rest } = process.env
  const ran = spawnSync(process.execPath, ['-C', 'sluice-source', ...args], {
    cwd: fileURLToPath(ROOT),
    encoding: 'utf8',
    env: { ...rest, ...SECRETS },
  })
  return { status: ran.status, output: ran.stdout + ran.stderr }
}

test('the levels of the reference use the near endpoints, and the selector of one’s own the light ones', async () => {
  const asked = new Map<string, number>()
  const endpoints = Object.fromEntries(
    ['10.1.0.1', '10.1.0.2', '10.2.0.1', '10.9.0.1'].map((host) => [
      `http://${host}:9001`,
      () => {
        asked.set(host, (asked.get(host) ?? 0) + 1)
        return {}
      },
    ]),
  )
  const { users } = levels.upstreams
  const light = {
    ...users,
    endpoints: ['http://10.1.0.1:9001', { url: 'http://10.9.0.1:9001', weight: 5 }],
  }
  for (const config of [
    levels,
    { ...levels, upstreams: { users: { ...light, select: [lightFirst()] } } },
  ]) {
    asked.clear()
    const { inject, close } = await createTestGateway(config, { endpoints })
    for (let i = 0; i < 20; i++) await inject('/users')
    await close()
    assert.equal(asked.get('10.1.0.1'), config === levels ? 10 : 20)
    assert.equal(asked.get('10.9.0.1'), undefined)
  }
})
