import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { test } from 'node:test'
import { type Command, command } from '../support/command.ts'
import { within } from '../support/deadline.ts'
import { listening } from '../support/listening.ts'

// Packing compiles everything and installing fetches packages: slower than anything on loopback.
const INSTALL_DEADLINE_MS = 100_000

const repository = new URL('../..', import.meta.url).pathname

const CONFIG = `import { defineGateway } from 'sluice'
import { roundRobin } from 'sluice/plugins'

export default defineGateway({
  http: { host: '127.0.0.1', port: 0 },
  upstreams: {
    users: { endpoints: [process.env.ORIGIN!], balance: roundRobin() },
  },
  routes: [{ path: '/', to: 'users', rewrite: { prefix: '/v1' } }],
})
`

test('the packed package runs a ten-line config in an empty project', async (t) => {
  const project = mkdtempSync(join(tmpdir(), 'sluice-'))
  t.after(() => rmSync(project, { recursive: true, force: true }))
  const origin = createServer(({ url }, response) => response.end(`from the origin, ${url}`))
  const ORIGIN = await listening(t, origin)
  // The project's own node comes first, as it would on a machine that has it.
  const PATH = dirname(process.execPath) + delimiter + process.env.PATH
  const run = (program: string, args: string[], cwd = project): Command => {
    const started = command(program, args, { cwd, env: { ORIGIN, PATH } })
    t.after(() => started.child.kill('SIGKILL'))
    return started
  }
  const finish = async (program: string, args: string[], cwd = project): Promise<string> => {
    const { ended, output, errors } = run(program, args, cwd)
    const code = await within(ended, `${program} ${args.join(' ')}`, INSTALL_DEADLINE_MS)
    assert.equal(code, 0, output() + errors())
    return output()
  }

  const packed = await finish('npm', ['pack', '--pack-destination', project], repository)
  const tarball = packed.trim().split('\n').at(-1) ?? ''
  writeFileSync(join(project, 'gateway.config.ts'), CONFIG)
  await finish('npm', ['init', '-y'])
  await finish('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', `./${tarball}`])

  assert.match(await finish('npx', ['sluice', 'check']), /fine, 1 route to 1 upstream/)
  // npx passes no signals on, so what it would run is run here.
  const gateway = run(join(project, 'node_modules/.bin/sluice'), ['start'])
  const [, url = ''] = await gateway.printed(/listening on (\S+)/)
  const answer = await fetch(`${url}/hello`)
  assert.equal(await answer.text(), 'from the origin, /v1/hello')
  gateway.child.kill('SIGTERM')
  assert.equal(await within(gateway.ended, 'the end'), 0)

  // Types come with it: a config with a typo does not compile, this one does.
  const tsc = join(repository, 'node_modules/typescript/bin/tsc')
  const flags = [
    '--noEmit',
    '--strict',
    '--skipLibCheck',
    '--module',
    'nodenext',
    '--types',
    'node',
  ]
  const roots = ['--typeRoots', join(repository, 'node_modules/@types')]
  await finish(process.execPath, [tsc, ...flags, ...roots, 'gateway.config.ts'])
})
