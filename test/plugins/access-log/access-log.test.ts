import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { bind, CLOCK, RNG } from 'sluice'
import { accessLog } from 'sluice/plugins'
import { fakeExchange, instantiate, SeededRng, VirtualClock } from 'sluice/testing'
import { waitFor, within } from '../../support/deadline.ts'
import { exchange } from '../../support/raw-client.ts'

const GATEWAY = new URL('logging-gateway.ts', import.meta.url).pathname

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'sluice-log-'))
  t.after(() => rmSync(path, { recursive: true, force: true }))
  return path
}

/** A gateway in a process of its own; nobody reads its standard output before `read`. */
async function started(t: TestContext, options: object) {
  const args = ['-C', 'sluice-source', GATEWAY, JSON.stringify(options)]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  t.after(() => child.kill('SIGKILL'))
  let errors = ''
  let output = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text
  })
  const ended = once(child, 'close')
  const up = (): string | undefined => /^port (\d+)$/m.exec(errors)?.[1]
  await waitFor(
    () => up() !== undefined || child.exitCode !== null,
    () => errors,
    20_000,
  )
  return {
    child,
    port: Number(up()),
    errors: () => errors,
    output: () => output,
    read() {
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        output += text
      })
    },
    ended: () => within(ended, 'the process has ended', 20_000),
    ask: async (path: string) => {
      const answer = await exchange(t, Number(up()), `GET ${path} HTTP/1.1\r\nhost: a.test\r\n\r\n`)
      return answer?.startLine
    },
  }
}

function lines(text: string): Record<string, unknown>[] {
  return text
    .trim()
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
}

test('lines go to the standard output, those of the last second when the gateway closes', async (t) => {
  const gateway = await started(t, { flushInterval: '1h' })
  gateway.read()
  await gateway.ask('/users?token=secret')
  await gateway.ask('/nothing')
  await gateway.ask('/fixed')
  await exchange(t, gateway.port, 'nonsense\r\n\r\n')
  gateway.child.kill('SIGTERM')
  await gateway.ended()
  const logged = lines(gateway.output())
  assert.deepEqual(
    logged.map(({ route, status, outcome, path }) => [route, status, outcome, path]),
    [
      ['/users', 502, 'connect-failed', '/users?token=[redacted]'],
      ['unmatched', 404, 'local', '/nothing'],
      ['/fixed', 200, 'local', '/fixed'],
      ['unmatched', 400, 'local', ''],
    ],
  )
  assert.equal(logged[0]?.endpoint, '127.0.0.1:9')
  assert.equal(logged[0]?.attempts, 1)
  assert.equal(logged[0]?.upstream, 'it')
  for (const { endpoint, upstream } of logged.slice(1)) {
    assert.deepEqual([endpoint, upstream], [null, null])
  }
})

test('a process that ends without closing writes what it holds', async (t) => {
  const gateway = await started(t, { flushInterval: '1h' })
  gateway.read()
  await gateway.ask('/nothing')
  gateway.child.kill('SIGUSR2')
  await gateway.ended()
  assert.equal(lines(gateway.output()).length, 1)
})

test('a file that is moved away is left, by itself and by signal', async (t) => {
  const path = join(folder(t), 'access.log')
  const gateway = await started(t, { to: { file: path }, flushInterval: '10ms' })
  assert.equal(statSync(path).mode & 0o777, 0o640 & ~process.umask())
  const holds = (file: string, count: number) =>
    waitFor(
      () => existsSync(file) && lines(readFileSync(file, 'utf8')).length === count,
      () => `${file} has ${count} lines${gateway.errors()}`,
    )
  await gateway.ask('/one')
  await holds(path, 1)
  renameSync(path, `${path}.1`)
  await gateway.ask('/two')
  await holds(path, 1)
  await holds(`${path}.1`, 1)
  renameSync(path, `${path}.2`)
  gateway.child.kill('SIGUSR1')
  await holds(path, 0)
  await gateway.ask('/three')
  await holds(path, 1)
  await holds(`${path}.2`, 1)
  assert.equal(gateway.errors().trim(), `port ${gateway.port}`, 'no debugger, no error')
})

test('rotation under load loses no line and tears none', async (t) => {
  const path = join(folder(t), 'access.log')
  const gateway = await started(t, { to: { file: path }, flushInterval: '2ms', flushAt: '2kb' })
  const ROUNDS = 6
  const REQUESTS = 40
  for (let round = 0; round < ROUNDS; round++) {
    const half = (): Promise<unknown> =>
      Promise.all(
        Array.from({ length: REQUESTS / 2 }, async () => {
          const answer = await fetch(`http://127.0.0.1:${gateway.port}/nothing?round=${round}`)
          await answer.arrayBuffer()
        }),
      )
    const before = half()
    if (round % 3 !== 0) await before
    renameSync(path, `${path}.${round}`)
    if (round % 2 === 0) gateway.child.kill('SIGUSR1')
    // What comes behind the move makes the next file, if no signal did.
    await half()
    await before
    await waitFor(() => existsSync(path), 'the next file is there')
  }
  gateway.child.kill('SIGTERM')
  await gateway.ended()
  const all = [path, ...Array.from({ length: ROUNDS }, (_, round) => `${path}.${round}`)]
  const written = all.flatMap((file) => lines(readFileSync(file, 'utf8')))
  assert.equal(written.length, ROUNDS * REQUESTS)
  assert.equal(new Set(written.map(({ id }) => id)).size, written.length)
})

test('a reader who does not read costs lines, which are counted, and no request', async (t) => {
  const gateway = await started(t, { flushInterval: '10ms', flushAt: '4kb', buffer: '16kb' })
  const long = 'x'.repeat(4_000)
  for (let i = 0; i < 60; i++) assert.match(String(await gateway.ask(`/${i}/${long}`)), / 404 /)
  gateway.read()
  gateway.child.kill('SIGTERM')
  await gateway.ended()
  const written = lines(gateway.output()).length
  // Told as often as it happens, each time with what is new.
  const told = gateway.errors().matchAll(/"dropped":(\d+)/g)
  const dropped = [...told].reduce((sum, [, count]) => sum + Number(count), 0)
  assert.ok(written >= 10 && written < 60, `${written}`)
  assert.equal(written + dropped, 60)
})

test('a disk that fails costs no request, and is told once', async (t) => {
  const gateway = await started(t, { to: { file: '/dev/full' }, flushInterval: '1ms' })
  for (let i = 0; i < 5; i++) assert.match(String(await gateway.ask('/x')), / 404 /)
  await waitFor(() => gateway.errors().includes('ENOSPC'), 'the failure is logged')
  assert.match(String(await gateway.ask('/x')), / 404 /)
  gateway.child.kill('SIGTERM')
  await gateway.ended()
  assert.equal(gateway.errors().match(/cannot be written/g)?.length, 1)
})

test('a file that cannot be opened fails the load', async (t) => {
  const file = join(folder(t), 'none', 'access.log')
  const gateway = await started(t, { to: { file } })
  assert.match(gateway.errors(), /access-log: cannot open .*none\/access\.log: ENOENT/)
})

/** How many of some exchanges are logged, by watching the file's buffer on a virtual clock. */
async function loggedOf(
  t: TestContext,
  sample: Parameters<typeof accessLog>[0],
  statuses: number[],
) {
  const path = join(folder(t), 'access.log')
  const plugin = instantiate(accessLog({ ...sample, to: { file: path } }), [
    bind(CLOCK, new VirtualClock()),
    bind(RNG, new SeededRng(7)),
  ])
  await plugin.start?.()
  for (const status of statuses) {
    plugin.finished?.(fakeExchange({ summary: { status, firstByteAt: 1 } }), 'ok')
  }
  await plugin.dispose?.()
  return lines(readFileSync(path, 'utf8')).map((one) => one.status)
}

test('a share of the good ones is logged, and every failure', async (t) => {
  const good = Array.from({ length: 2_000 }, () => 200)
  const some = await loggedOf(t, { sample: 0.1 }, good)
  // 200 expected with a deviation of 13.4; the seed is fixed.
  assert.ok(some.length > 140 && some.length < 260, `${some.length}`)
  const failures = [404, 503, 0, 499]
  assert.deepEqual(await loggedOf(t, { sample: 0 }, [...good, ...failures]), failures)
  let calls = 0
  const second = () => (calls++ % 2 === 0 ? 0 : 1)
  assert.equal((await loggedOf(t, { sample: second }, [200, 200, 200, 200])).length, 2)
})

const WRONG: readonly (readonly [options: object, problem: RegExp])[] = [
  [{ sample: 2 }, /\/sample must be a number from 0 to 1 or a function, got 2/],
  [{ sample: '10%' }, /\/sample must be a number from 0 to 1 or a function, got "10%"/],
  [{ headers: ['x y'] }, /\/headers\/0 "x y" is no header name/],
  [{ to: 'stderr' }, /\/to must be "stdout" or \{ file \}, got "stderr"/],
  [{ to: { fil: 'x' } }, /\/to/],
  [{ format: 'clf' }, /\/format must be "json"/],
  [{ buffer: '8 mb' }, /\/buffer must be a size/],
]

for (const [options, problem] of WRONG) {
  test(`refused at load: ${JSON.stringify(options)}`, () => {
    assert.throws(() => instantiate(accessLog(options as never)), problem)
  })
}
