import assert from 'node:assert/strict'
import { once } from 'node:events'
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { type AddressInfo, createServer as createNetServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { command, sluice } from '../../support/command.ts'
import { within } from '../../support/deadline.ts'
import { listening } from '../../support/listening.ts'

const configs = new URL('configs/', import.meta.url).pathname
const config = (name: string): string => join(configs, name)
// Two processes start, one after the other, while other tests run.
const START_MS = 20_000

test('check prints every problem of a broken config with its path, and exits 1', async () => {
  const { ended, errors } = sluice(['check', '-c', config('broken.config.mjs')])
  assert.equal(await ended, 1)
  assert.deepEqual(errors().trim().split('\n'), [
    'sluice: unknown key "plugin"; did you mean "plugins"?',
    'sluice: http.port must be <= 65535, got 70000',
    'sluice: http.trust[0] must be a CIDR such as "10.0.0.0/8", got "nowhere"',
    'sluice: upstreams.users: unknown key "balanse"; did you mean "balance"?',
    'sluice: upstreams.users.endpoints[0]: the URL has credentials; write scheme, host and port, ' +
      'such as "http://10.0.0.1:9001", and set a header in a plugin',
    'sluice: upstreams.users.endpoints[1]: the URL has a path, query or fragment; ' +
      'write scheme, host and port, such as "http://10.0.0.1:9001"',
    'sluice: upstreams.users.endpoints[2]: the scheme "ftp" is not http, https, tcp, tls or udp; ' +
      'write scheme, host and port, such as "http://10.0.0.1:9001"',
    'sluice: upstreams.orders.timeouts.connect must be a duration such as "30s", got "1e3s"',
    'sluice: upstreams.orders.timeouts.response must be a duration such as "30s", got "5 minutes"',
    'sluice: upstreams.orders.timeouts.idle must be a duration such as "30s", got "-1m"',
    'sluice: upstreams.orders.balance round-robin: unknown key "wieght"; none is allowed',
    'sluice: upstreams.carts.balance must be a strategy such as roundRobin(), ' +
      'got the function itself; call it',
    'sluice: routes[0].to: unknown upstream "user"; did you mean "users"?',
    'sluice: routes[2].path must look like "/users", "/users/:id" or "/files/*", got "b"',
    'sluice: routes[2].plugins[0] must be a plugin, got the strategy round-robin',
    'sluice: routes[1]: routes[0] has the same match: /a',
  ])
})

test('check accepts a sound config and starts nothing', async () => {
  const { ended, output } = sluice(['check', '-c', config('fine.config.ts')])
  assert.equal(await ended, 0)
  assert.match(output(), /fine\.config\.ts: fine, 1 route to 1 upstream\n/)
})

test('check warns of an expired certificate, which is no error', async () => {
  const { ended, errors } = sluice(['check', '-c', config('tls.config.ts')])
  assert.equal(await ended, 0)
  assert.match(
    errors(),
    /^sluice: warning: http\[1\]\.tls\.sni\["old\.test"\]\.cert expired on .*2021/,
  )
})

test('check warns of an upstream whose health nothing watches, which is no error', async () => {
  const { ended, errors } = sluice(['check', '-c', config('watched.config.ts')])
  assert.equal(await ended, 0)
  assert.equal(
    errors(),
    'sluice: warning: upstreams.alone: nothing notices endpoints that are not well; ' +
      'add a plugin that does, such as healthCheck()\n',
  )
})

test('start prints where it listens with TLS, and where it redirects', async (t) => {
  const started = sluice(['start', '-c', config('tls.config.ts')])
  t.after(() => started.child.kill('SIGKILL'))
  await started.printed(/^ {2}curl -i -k https:\/\/127\.0\.0\.1:\d+\/$/m, START_MS)
  const plain = /^sluice: listening on (http:\S+:\d+), redirecting to https$/m
  const secure = /^sluice: listening on https:\S+:(\d+)$/m
  const [, url = ''] = plain.exec(started.output()) ?? []
  const [, port = ''] = secure.exec(started.output()) ?? []
  assert.notEqual(new URL(url).port, port)
  const { status } = await fetch(url, { redirect: 'manual' })
  assert.equal(status, 301)
  started.child.kill('SIGTERM')
  assert.equal(await started.ended, 0)
})

const BAD_FILES: readonly (readonly [string, RegExp])[] = [
  ['.', /configs: is a directory; name the file in it with -c/],
  ['missing.config.ts', /missing\.config\.ts: no such file; name another one with -c/],
  ['no-default.config.ts', /exports nothing; end it with `export default defineGateway/],
  ['rejects.config.ts', /exports a promise that was rejected: the store is away/],
]

for (const verb of ['check', 'start']) {
  for (const [file, message] of BAD_FILES) {
    test(`${verb} exits 1 for ${file}`, async () => {
      const { ended, errors } = sluice([verb, '-c', config(file)])
      assert.equal(await ended, 1)
      assert.match(errors(), message)
    })
  }
}

test('a config that does not parse is named with its line', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-'))
  t.after(() => rmSync(folder, { recursive: true }))
  copyFileSync(config('unparsable.config.txt'), join(folder, 'gateway.config.ts'))
  const { ended, errors } = sluice(['check'], { cwd: folder })
  assert.equal(await ended, 1)
  assert.match(errors(), /^sluice: gateway\.config\.ts: does not parse: /)
})

for (const [args, message] of [
  [['chekc'], /unknown command "chekc"; did you mean "check"\?/],
  [[], /no command given/],
  [['check', '--wat'], /Unknown option '--wat'\n\nusage/],
  [['check', 'extra'], /check takes no argument "extra"/],
] as const) {
  test(`sluice ${args.join(' ')} is a wrong command: exit code 2 and the usage`, async () => {
    const { ended, errors } = sluice(args)
    assert.equal(await ended, 2)
    assert.match(errors(), message)
    assert.match(errors(), /usage: sluice <command>/)
  })
}

test('start exits 3 when the port is in use', async (t) => {
  const taken = createNetServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  t.after(() => taken.close())
  const PORT = String((taken.address() as AddressInfo).port)
  const { ended, errors } = sluice(['start', '-c', config('fine.config.ts')], { env: { PORT } })
  assert.equal(await ended, 3)
  assert.match(errors(), new RegExp(`cannot listen on 127.0.0.1:${PORT}: the address is in use`))
})

/** An endpoint that answers when told to. */
async function slowOrigin(t: TestContext) {
  const waiting: (() => void)[] = []
  const server = createServer((_request, response) => waiting.push(() => response.end('done')))
  return { ORIGIN: await listening(t, server), server, waiting }
}

test('SIGTERM lets the request in flight finish, and the gateway exits 0', async (t) => {
  const { ORIGIN, server, waiting } = await slowOrigin(t)
  const gateway = sluice(['start', '-c', config('fine.config.ts')], { env: { ORIGIN } })
  t.after(() => gateway.child.kill('SIGKILL'))
  const [, url = ''] = await gateway.printed(/listening on (\S+)/, START_MS)
  await gateway.printed(/curl -i/)
  const reached = once(server, 'request')
  const answer = fetch(url)
  await within(reached, 'the request arrives')
  gateway.child.kill('SIGTERM')
  await gateway.printed(/draining/)
  for (const go of waiting) go()
  const response = await within(answer, 'the answer')
  assert.equal(await response.text(), 'done')
  assert.equal(await within(gateway.ended, 'the end'), 0)
})

test('past the deadline of drain() the request is cut, told, and the gateway exits 0', async (t) => {
  const { ORIGIN, server } = await slowOrigin(t)
  const gateway = sluice(['start', '-c', config('drain.config.ts')], { env: { ORIGIN } })
  t.after(() => gateway.child.kill('SIGKILL'))
  const [, url = ''] = await gateway.printed(/listening on (\S+)/, START_MS)
  const reached = once(server, 'request')
  const answer = fetch(url).catch(() => 'cut')
  await within(reached, 'the request arrives')
  gateway.child.kill('SIGTERM')
  await gateway.printed(/draining/)
  const ready = await fetch(`${url}/readyz`)
  assert.deepEqual([ready.status, await ready.text()], [503, 'draining\n'])
  assert.equal(await within(gateway.ended, 'the end'), 0)
  assert.equal(await answer, 'cut')
  assert.match(gateway.errors(), /"exchanges":1,"tunnels":0,.*cut at the deadline of the drain/)
})

test('a second signal ends the gateway at once with 128 and its number', async (t) => {
  const { ORIGIN, server } = await slowOrigin(t)
  const gateway = sluice(['start', '-c', config('fine.config.ts')], { env: { ORIGIN } })
  t.after(() => gateway.child.kill('SIGKILL'))
  const [, url = ''] = await gateway.printed(/listening on (\S+)/, START_MS)
  const reached = once(server, 'request')
  const answer = fetch(url).catch(() => 'cut')
  await within(reached, 'the request arrives')
  gateway.child.kill('SIGINT')
  await gateway.printed(/draining/)
  gateway.child.kill('SIGINT')
  assert.equal(await within(gateway.ended, 'the end'), 130)
  assert.equal(await answer, 'cut')
})

test('the help and the version go to stdout and exit 0', async () => {
  const help = sluice(['--help'])
  assert.equal(await help.ended, 0)
  assert.match(help.output(), /^usage: sluice/)
  const version = sluice(['--version'])
  assert.equal(await version.ended, 0)
  assert.match(version.output(), /^\d+\.\d+\.\d+\n$/)
})

test('the showcase runs in front of its services, spreads requests and drains', async (t) => {
  for (const port of [9001, 9002, 9003]) {
    if (await isTaken(port)) return t.skip(`port ${port} of the demo services is taken`)
  }
  const start = new URL('../../../docs/examples/start.ts', import.meta.url).pathname
  const showcase = command(process.execPath, ['-C', 'sluice-source', start], {
    cwd: new URL('../../..', import.meta.url).pathname,
    env: { PORT: '0' },
  })
  t.after(() => showcase.child.kill('SIGKILL'))
  const [, url = ''] = await showcase.printed(/listening on (\S+)/, START_MS)
  const names: string[] = []
  for (let i = 0; i < 6; i++) names.push((await (await fetch(url)).text()).slice(0, 3))
  assert.deepEqual(names, ['ada', 'bob', 'cyd', 'ada', 'bob', 'cyd'])
  showcase.child.kill('SIGINT')
  assert.equal(await within(showcase.ended, 'the end'), 0)
})

async function isTaken(port: number): Promise<boolean> {
  const probe = createNetServer()
  const result = Promise.race([once(probe, 'listening'), once(probe, 'error')])
  probe.listen(port, '127.0.0.1')
  const [error] = (await result) as unknown[]
  probe.close()
  return error !== undefined
}
