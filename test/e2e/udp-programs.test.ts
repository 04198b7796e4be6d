import assert from 'node:assert/strict'
import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { after, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { outlierEjection, retry } from 'sluice/plugins'
import { waitFor } from '../support/deadline.ts'
import { inflightOf } from '../support/start-gateway.ts'
import type { Teardown } from '../support/teardown.ts'
import { startUdpGateway, UdpEndpoint } from '../support/udp.ts'

const run = promisify(execFile)
const programs: ChildProcess[] = []
after(() => {
  for (const program of programs) program.kill('SIGKILL')
})

/** A reason to skip where a program is missing; a failure where all of them have to be there. */
function missing(program: string): string | false {
  const isThere = spawnSync('which', [program]).status === 0
  if (!isThere && process.env.CI) throw new Error(`${program} is not installed`)
  return isThere ? false : `${program} is not installed`
}

async function freePort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const { port } = socket.address()
  socket.close()
  return port
}

/** A name server that says where example.test is. */
async function startDnsmasq(t: Teardown) {
  for (let tries = 5; ; tries--) {
    const server = await tryDnsmasq(t, await freePort())
    if (server !== undefined) return server
    assert.notEqual(tries, 0, 'no port is free for both UDP and TCP')
  }
}

/** Undefined where somebody else has taken the port meanwhile, or has it for TCP. */
async function tryDnsmasq(t: Teardown, port: number) {
  const program = spawn(
    'dnsmasq',
    [
      ...['--no-daemon', '--no-resolv', '--no-hosts', '--conf-file=/dev/null', '--cache-size=0'],
      ...['--bind-interfaces', '--listen-address=127.0.0.1', `--port=${port}`],
      ...[
        '--pid-file=',
        '--address=/example.test/192.0.2.7',
        '--log-facility=-',
        '--user=',
        '--group=',
      ],
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  )
  programs.push(program)
  t.after(() => program.kill('SIGKILL'))
  let said = ''
  program.stderr.on('data', (text) => {
    said += text
  })
  const isTaken = () => said.includes('Address already in use')
  await waitFor(
    () => said.includes('started') || isTaken(),
    () => `dnsmasq starts, but it said ${said}`,
  )
  if (isTaken()) return undefined
  return { url: `udp://127.0.0.1:${port}`, program }
}

async function dig(port: number, ...more: string[]): Promise<string> {
  const place = ['@127.0.0.1', '-p', `${port}`]
  const { stdout } = await run('dig', [...place, '+short', '+tries=1', '+time=4', ...more])
  return stdout.trim()
}

describe('real programs', () => {
  const noDns = missing('dnsmasq') || missing('dig')
  test('dig asks two dnsmasq through it, one of which is killed', { skip: noDns }, async (t) => {
    const servers = [await startDnsmasq(t), await startDnsmasq(t)] as const
    const { gateway, port } = await startUdpGateway(
      t,
      servers.map(({ url }) => url),
      { timeout: '300ms' },
      {
        plugins: [
          retry({ on: ['connect-failed', 'timeout'], budget: { min: 20 } }),
          outlierEjection(),
        ],
      },
    )
    assert.equal(await dig(port, 'example.test'), '192.0.2.7')
    // A bunch of names to a dig, several digs at a time.
    const names = Array.from({ length: 50 }, (_, i) => `n${i}.example.test`)
    const load = Array.from({ length: 4 }, () => dig(port, ...names))
    servers[0].program.kill('SIGKILL')
    await once(servers[0].program, 'exit')
    load.push(dig(port, ...names))
    const answers = (await Promise.all(load)).flatMap((text) => text.split('\n'))
    assert.equal(answers.length, 250)
    assert.deepEqual([...new Set(answers)], ['192.0.2.7'])
    assert.equal(inflightOf(gateway), 0)
  })

  test('logger sends syslog one way', { skip: missing('logger') }, async (t) => {
    const collector = await UdpEndpoint.start(t, () => undefined)
    const { port } = await startUdpGateway(t, [collector.url], { flow: 'oneWay' })
    for (const word of ['one', 'two', 'three']) {
      await run('logger', ['-n', '127.0.0.1', '-P', `${port}`, '-d', `it is ${word}`])
    }
    await waitFor(() => collector.heard.length === 3, 'three lines')
    assert(collector.heard[1]?.text.startsWith('<'))
  })
})
