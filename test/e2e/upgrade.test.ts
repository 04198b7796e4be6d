import assert from 'node:assert/strict'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { connect } from 'node:http2'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { COMMAND, sluice } from '../support/command.ts'
import { configFile, oneRoute } from '../support/config-file.ts'
import { waitFor, within } from '../support/deadline.ts'
import { listening } from '../support/listening.ts'
import { startSteadyLoad } from '../support/steady-load.ts'
import { startSupervised, workerOf } from '../support/supervised.ts'

const UPGRADE_MS = 20_000
const UPGRADES = 5

function origin(t: TestContext): Promise<string> {
  return listening(
    t,
    createServer((_req, res) => res.end('fine')),
  )
}

async function upgrade(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const ran = sluice(['upgrade', ...args], { env })
  const code = await within(ran.ended, 'the end of sluice upgrade', UPGRADE_MS)
  return { code, output: ran.output(), errors: ran.errors() }
}

async function statusOf(url: string): Promise<number | string> {
  try {
    return (await fetch(url, { headers: { connection: 'close' } })).status
  } catch (error) {
    return ((error as Error).cause as { code: string }).code
  }
}

test(`${UPGRADES} upgrades under load lose no request, on kept and on new connections`, async (t) => {
  const { file } = configFile(t, oneRoute())
  const gateway = await startSupervised(t, file, { ORIGIN: await origin(t) })
  const pids = [workerOf(gateway)]
  const load = startSteadyLoad(gateway.url, 4)
  for (let i = 0; i < UPGRADES; i++) {
    const { code, output, errors } = await upgrade(['-c', file])
    assert.equal(code, 0, errors)
    pids.push(Number(/^sluice: worker (\d+) took over/.exec(output)?.[1]))
    const before = load.fine()
    await waitFor(() => load.fine() > before + 50, 'answers of the new worker')
  }
  await load.stop()
  assert.deepEqual(load.failures, [])
  assert.equal(new Set(pids).size, UPGRADES + 1)
  await waitFor(() => gateway.workers().length === 1, 'the end of the old workers')
  assert.equal(workerOf(gateway), pids.at(-1))
  gateway.child.kill('SIGTERM')
  assert.equal(await within(gateway.ended, 'the end'), 0)
})

test('a config that is wrong is told by the upgrade, which exits 1, and the worker goes on', async (t) => {
  const { file, write } = configFile(t, oneRoute())
  const gateway = await startSupervised(t, file, { ORIGIN: await origin(t) })
  const worker = workerOf(gateway)
  write(oneRoute({ rest: 'pluginz: []' }))
  const { code, errors } = await upgrade(['-c', file])
  assert.equal(code, 1)
  assert.equal(errors, 'sluice: unknown key "pluginz"; did you mean "plugins"?\n')
  await gateway.told(new RegExp(`the upgrade failed, worker ${worker} goes on`))
  assert.equal(workerOf(gateway), worker)
  assert.equal(await statusOf(gateway.url), 200)
})

test('an upgrade to a port that is taken exits 3, and the worker goes on', async (t) => {
  const { port } = new URL(await origin(t))
  const { file, write } = configFile(t, oneRoute())
  const gateway = await startSupervised(t, file, { ORIGIN: await origin(t) })
  write(oneRoute({ listener: `{ host: '127.0.0.1', port: ${port} }` }))
  const { code, errors } = await upgrade(['-c', file])
  assert.equal(code, 3)
  assert.match(errors, /cannot listen on 127\.0\.0\.1:\d+: the address is in use/)
  assert.equal(await statusOf(gateway.url), 200)
})

test('an upgrade opens the listeners that a config adds and closes those it drops', async (t) => {
  const { file, write } = configFile(t, oneRoute())
  const gateway = await startSupervised(t, file, { ORIGIN: await origin(t) })
  const other = gateway.url.replace('127.0.0.1', '127.0.0.2')
  const { port } = new URL(gateway.url)
  write(oneRoute({ listener: `{ host: '127.0.0.2', port: ${port} }` }))
  const { code, errors } = await upgrade(['-c', file])
  assert.equal(code, 0, errors)
  assert.equal(await statusOf(other), 200)
  await waitFor(() => gateway.workers().length === 1, 'the end of the old worker')
  assert.equal(await statusOf(gateway.url), 'ECONNREFUSED')
})

test('SIGUSR2 to the supervisor upgrades it as well', async (t) => {
  const { file } = configFile(t, oneRoute())
  const gateway = await startSupervised(t, file, { ORIGIN: await origin(t) })
  const worker = workerOf(gateway)
  gateway.child.kill('SIGUSR2')
  await gateway.told(/sluice: worker \d+ took over after \d+ ms/)
  await waitFor(() => gateway.workers().length === 1, 'the end of the old worker')
  assert.notEqual(workerOf(gateway), worker)
  assert.equal(await statusOf(gateway.url), 200)
})

test('an upgrade waits for the first checks of endpoints: no request meets one not ready', async (t) => {
  const checked = `
    const checked = definePlugin({
      name: 'checked', options: Type.Object({}), inject: [CLOCK],
      create: (_options, clock) => ({
        upstream(upstream) {
          for (const endpoint of upstream.endpoints) {
            const hold = upstream.hold(endpoint, 'not checked yet')
            clock.after(300, () => hold.release())
          }
        },
      }),
    })`
  const { file } = configFile(t, oneRoute({ before: checked, upstream: 'plugins: [checked()]' }))
  const gateway = await startSupervised(t, file, { ORIGIN: await origin(t) })
  while ((await statusOf(gateway.url)) === 503);
  const load = startSteadyLoad(gateway.url, 2)
  const { code, errors } = await upgrade(['-c', file])
  assert.equal(code, 0, errors)
  const before = load.fine()
  await waitFor(() => load.fine() > before + 50, 'answers of the new worker')
  await load.stop()
  assert.deepEqual(load.failures, [])
})

test('with two gateways of one config the upgrade asks which, and --pid says it', async (t) => {
  const { file } = configFile(t, oneRoute())
  const [a, b] = await Promise.all([startSupervised(t, file), startSupervised(t, file)])
  const asked = await upgrade(['-c', file])
  const pids = [a.pid, b.pid].sort((one, other) => one - other).join(', ')
  assert.equal(asked.code, 2)
  assert.equal(asked.errors, `sluice: ${file} is run by ${pids}; name one with --pid\n`)
  const { code } = await upgrade(['--pid', String(b.pid)])
  assert.equal(code, 0)
  assert.match(b.said(), /took over/)
  assert.doesNotMatch(a.said(), /took over/)
})

test('an upgrade of nothing, or of a process that is no gateway, signals nobody and exits 2', async (t) => {
  const { file } = configFile(t, oneRoute())
  const none = await upgrade(['-c', file])
  assert.equal(none.code, 2)
  assert.match(none.errors, /^sluice: no gateway of this user's runs .*gateway\.config\.ts/)
  const other = await upgrade(['--pid', String(process.pid)])
  assert.equal(other.code, 2)
  assert.match(other.errors, /^sluice: process \d+ is no gateway of this user's/)
  const odd = await upgrade(['--pid', '../1'])
  assert.equal(odd.code, 2)
})

test('a control folder that others can write to is neither used nor believed', async (t) => {
  const TMPDIR = mkdtempSync(join(tmpdir(), 'sluice-'))
  t.after(() => rmSync(TMPDIR, { recursive: true }))
  const folder = join(TMPDIR, `sluice-${process.getuid?.()}`)
  mkdirSync(folder)
  chmodSync(folder, 0o777)
  const { file } = configFile(t, oneRoute())
  const gateway = await startSupervised(t, file, { TMPDIR })
  assert.match(gateway.errors(), /warning: `sluice upgrade` will not find this process: .*alone/)
  const { code, errors } = await upgrade(['-c', file], { TMPDIR })
  assert.equal(code, 2)
  assert.match(errors, /is not a folder that this user alone can use/)
})

test('TLS and HTTP/2 go on across an upgrade', async (t) => {
  const { file } = configFile(
    t,
    oneRoute({
      before: "import { A } from '../certificates.ts'",
      listener: '{ host: "127.0.0.1", port: 0, tls: A }',
    }),
  )
  const gateway = await startSupervised(t, file, { ORIGIN: await origin(t) })
  assert.equal(await statusOverHttp2(gateway.url), 200)
  const { code, errors } = await upgrade(['-c', file])
  assert.equal(code, 0, errors)
  assert.equal(await statusOverHttp2(gateway.url), 200)
})

test('a link to the command leads an upgrade where it points by then', async (t) => {
  const { file, folder } = configFile(t, oneRoute())
  const link = join(folder, 'sluice.ts')
  symlinkSync(COMMAND, link)
  const gateway = await startSupervised(t, file, {}, [], link)
  writeFileSync(join(folder, 'next.ts'), "console.error('code of the next release')")
  rmSync(link)
  symlinkSync(join(folder, 'next.ts'), link)
  const { code, errors } = await upgrade(['-c', file])
  assert.equal(code, 1)
  assert.match(errors, /the worker exited with 0 before it was ready/)
  assert.match(gateway.errors(), /code of the next release/)
})

/** What a client of HTTP/2 gets, on a connection of its own. */
async function statusOverHttp2(url: string): Promise<number | undefined> {
  const session = connect(url, { rejectUnauthorized: false })
  try {
    const stream = session.request({ ':path': '/' }).resume()
    const [headers] = await within(once(stream, 'response'), 'an answer')
    await within(once(stream, 'close'), 'its end')
    return headers[':status']
  } finally {
    session.close()
  }
}
