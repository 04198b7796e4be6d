/** `npm run bench:l4`: connections through sluice beside HAProxy and nginx stream, in one run. See README.md. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { hasProc, usageOf } from './accounting.ts'
import { end, find, GATEWAY_CORE, LOAD_CORE, launch, outputOf, pinned, versionOf } from './child.ts'
import { local, newPlace, nginxCommand, type Running, sluiceCommand, start } from './commands.ts'
import { haproxyTcp, nginxStream } from './l4-daemons.ts'
import { median } from './report.ts'

const { values: flags } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    requests: { type: 'string', default: '100000' },
    opened: { type: 'string', default: '5000' },
    idle: { type: 'string', default: '5000' },
    gib: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
  },
})
const IDLE_KB = 25
const SETTLE_MS = 300
const LEFT_DEADLINE_MS = 20_000

/** What is measured, in µs of the proxy's processor time a unit. */
interface Scenario {
  readonly name: string
  /** The most it may cost, as a multiple of HAProxy's. */
  readonly most: number
  readonly units: number
  /** Puts the load on a port that leads to Redis, or to iperf3. */
  readonly words: (port: number) => readonly [string, ...string[]]
  readonly to: 'redis' | 'iperf3'
}

const redis = (port: number, count: string, ...more: readonly string[]) =>
  ['redis-benchmark', '-p', `${port}`, '-c', '50', '-n', count, '-d', '64', '-q', ...more] as const

const scenarios: readonly Scenario[] = [
  {
    name: 'a request on a kept connection, us',
    most: 1.6,
    units: Number(flags.requests),
    words: (port) => redis(port, flags.requests, '-t', 'set'),
    to: 'redis',
  },
  {
    name: 'a new connection, us',
    most: 2.5,
    units: Number(flags.opened),
    words: (port) => redis(port, flags.opened, '-k', '0', '-t', 'set'),
    to: 'redis',
  },
  {
    name: 'bulk, ms a GiB',
    most: 2,
    units: Number(flags.gib) * 1_000,
    words: (port) => ['iperf3', '-c', '127.0.0.1', '-p', `${port}`, '-n', `${flags.gib}G`, '-R'],
    to: 'iperf3',
  },
]

for (const program of ['redis-server', 'redis-benchmark', 'iperf3', 'haproxy', 'nginx']) {
  if (find(program) === undefined) throw new Error(`${program} is not installed`)
}
if (!hasProc) throw new Error('processor time is read from /proc, and there is none')
console.log(
  `node ${process.version}, HAProxy ${versionOf('haproxy')}, nginx ${versionOf('nginx')}, ${pinned ? 'pinned' : 'not pinned'}`,
)

let isMet = true
const endpoints = { redis: await startRedis(), iperf3: await startIperf3() }
for (const scenario of scenarios) {
  if (flags.only !== '' && !scenario.name.includes(flags.only)) continue
  await measure(scenario)
}
if (flags.only === '' || 'idle'.includes(flags.only)) await measureIdle()
for (const { child } of Object.values(endpoints)) await end(child)
process.exit(isMet ? 0 : 1)

async function measure({ name, most, units, words, to }: Scenario): Promise<void> {
  const proxies = await startAll(endpoints[to].port)
  const costs = new Map([...proxies.keys()].map((one) => [one, [] as number[]]))
  for (const { port } of proxies.values()) await outputOf(launch({ words: words(port) }, LOAD_CORE))
  for (let round = 0; round < Number(flags.rounds); round++) {
    const turn = [...proxies]
    if (round % 2 === 1) turn.reverse()
    for (const [one, { port, child }] of turn) {
      const before = usageOf(child.pid).cpuUs
      await outputOf(launch({ words: words(port) }, LOAD_CORE))
      await sleep(SETTLE_MS)
      costs.get(one)?.push((usageOf(child.pid).cpuUs - before) / units)
    }
  }
  for (const { child } of proxies.values()) await end(child)
  const against = costs.get('haproxy') ?? []
  console.log(name)
  for (const [one, list] of costs) {
    const ratio = median(list.map((cost, round) => cost / (against[round] ?? Number.NaN)))
    console.log(
      `  ${one.padEnd(8)} ${median(list)?.toFixed(1).padStart(8)} (${ratio?.toFixed(2)}x)`,
    )
    if (one === 'sluice') judge((ratio ?? 0) <= most, `at most ${most} x HAProxy's`)
  }
}

async function measureIdle(): Promise<void> {
  console.log(`an idle connection of ${flags.idle}, KB`)
  for (const [one, { port, child }] of await startAll(endpoints.redis.port)) {
    const before = usageOf(child.pid).rssMb
    const words = [process.execPath, local('l4-idle.ts'), `${port}`, flags.idle] as const
    const holder = launch({ words }, LOAD_CORE)
    const deadline = performance.now() + LEFT_DEADLINE_MS
    while (!holder.output().includes('held')) {
      if (performance.now() > deadline) throw new Error(`${one} holds too few: ${holder.output()}`)
      await sleep(50)
    }
    await sleep(2_000)
    const kb = ((usageOf(child.pid).rssMb - before) * 1_024) / Number(flags.idle)
    console.log(`  ${one.padEnd(8)} ${kb.toFixed(1).padStart(8)}`)
    if (one === 'sluice') judge(kb <= IDLE_KB, `at most ${IDLE_KB} KB`)
    await end(holder)
    await end(child)
  }
}

function judge(isGood: boolean, goal: string): void {
  if (!isGood) isMet = false
  console.log(`  ${isGood ? 'met' : 'MISSED'}: ${goal}`)
}

async function startAll(endpointPort: number): Promise<Map<string, Running>> {
  const sluice = await newPlace()
  const haproxy = await newPlace()
  const nginx = await newPlace()
  const file = join(haproxy.folder, 'haproxy.cfg')
  writeFileSync(file, haproxyTcp(haproxy, endpointPort))
  const run = (place: { port: number }, command: Parameters<typeof start>[0]) =>
    start(command, place.port, GATEWAY_CORE)
  return new Map([
    ['sluice', await run(sluice, sluiceCommand('l4.config.ts', sluice, endpointPort))],
    ['haproxy', await run(haproxy, { words: [find('haproxy') ?? '', '-db', '-f', file] })],
    ['nginx', await run(nginx, nginxCommand(nginx.folder, nginxStream(nginx, endpointPort)))],
  ])
}

async function startRedis(): Promise<Running> {
  const { port, folder } = await newPlace()
  const words = ['redis-server', '--port', `${port}`, '--dir', folder, '--save', ''] as const
  return start({ words }, port, LOAD_CORE)
}

async function startIperf3(): Promise<Running> {
  const { port } = await newPlace()
  // It counts what is no client of its own, such as whoever looks whether it is there, as an error.
  return start({ words: ['iperf3', '-s', '-p', `${port}`] }, port, LOAD_CORE)
}
