/** `npm run bench:ws`: messages echoed through a tunnel, sluice beside nginx, in one run. See README.md. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { hasProc, usageOf } from './accounting.ts'
import {
  type Child,
  type Command,
  end,
  find,
  freePort,
  GATEWAY_CORE,
  LOAD_CORE,
  launch,
  outputOf,
  pinned,
  versionOf,
  whenReady,
} from './child.ts'
import { nginxTunnel } from './daemon-configs.ts'
import { rowsOf, type Sample, table } from './report.ts'
import { MESSAGE_BYTES } from './ws-frames.ts'

/** The most that a message may cost, as a multiple of nginx's, in processor time. */
const MOST = 1.5
const SETTLE_MS = 200

interface Running {
  readonly port: number
  readonly child: Child
}

const { values: flags } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    connections: { type: 'string', default: '64' },
  },
})
const rounds = Number(flags.rounds)
const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-ws-'))
process.once('exit', () => rmSync(folder, { recursive: true, force: true }))

if (!hasProc) throw new Error('processor time is read from /proc, and there is none')
console.log(
  `node ${process.version}, nginx ${versionOf('nginx')}, ${pinned ? 'pinned' : 'not pinned'}`,
)
console.log(
  `${flags.connections} connections, ${MESSAGE_BYTES} bytes a message; a request is a message and its echo`,
)

const echo = await run({ words: [process.execPath, local('ws-echo.ts')] }, LOAD_CORE, (port) => [
  `${port}`,
])
const contenders = new Map([
  ['sluice', await startSluice()],
  ...(find('nginx') === undefined ? [] : [['nginx', await startNginx()] as const]),
])
const samples = new Map([...contenders.keys()].map((name) => [name, [] as Sample[]]))
for (const { port } of contenders.values()) await load(port, 2)
for (let round = 0; round < rounds; round++) {
  const turn = [...contenders]
  if (round % 2 === 1) turn.reverse()
  for (const [name, contender] of turn) samples.get(name)?.push(await sampleOf(contender))
}
const rows = rowsOf(samples, 'nginx', new Map())
console.log(table(rows))
for (const { child } of [...contenders.values(), echo]) await end(child)

const ratio = rows.find(({ name }) => name === 'sluice')?.cells.cpuUs.ratio
const isMet = ratio === undefined || ratio <= MOST
console.log(`${isMet ? 'met' : 'MISSED'}: CPU a message at most ${MOST} x nginx's`)
process.exit(isMet && rows.every(({ errors }) => errors === 0) ? 0 : 1)

async function sampleOf({ port, child }: Running): Promise<Sample> {
  const before = usageOf(child.pid)
  const seen = await load(port, Number(flags.seconds))
  await sleep(SETTLE_MS)
  const after = usageOf(child.pid)
  const used = after.cpuUs - before.cpuUs
  return {
    ...seen,
    cpuUs: used / seen.requests,
    perSecond: seen.requests / seen.seconds,
    rssMb: after.rssMb,
    peakMb: after.peakMb,
    busy: used / (seen.seconds * 10_000),
  }
}

async function load(port: number, seconds: number) {
  const words = [
    process.execPath,
    local('ws-load.ts'),
    `${port}`,
    flags.connections,
    `${seconds}`,
  ] as const
  const text = await outputOf(launch({ words }, LOAD_CORE))
  return JSON.parse(text) as Pick<Sample, 'requests' | 'errors' | 'p50Ms' | 'p99Ms'> & {
    seconds: number
  }
}

async function startSluice(): Promise<Running> {
  const port = await freePort()
  const words = [process.execPath, '-C', 'sluice-source', local('../../core/cli/main.ts')] as const
  const env = { PORT: `${port}`, ORIGIN: `http://127.0.0.1:${echo.port}`, NODE_ENV: 'production' }
  return startAt(
    port,
    { words: [...words, 'start', '-c', local('sluice.config.ts')], env },
    GATEWAY_CORE,
  )
}

async function startNginx(): Promise<Running> {
  const port = await freePort()
  const file = join(folder, 'nginx.conf')
  writeFileSync(file, nginxTunnel({ port, folder }, echo.port))
  const words = [
    find('nginx') ?? 'nginx',
    '-p',
    folder,
    '-e',
    join(folder, 'error.log'),
    '-c',
    file,
  ] as const
  return startAt(port, { words }, GATEWAY_CORE)
}

async function run(
  command: Command,
  core: number,
  more: (port: number) => string[],
): Promise<Running> {
  const port = await freePort()
  return startAt(port, { words: [...command.words, ...more(port)] as Command['words'] }, core)
}

async function startAt(port: number, command: Command, core: number): Promise<Running> {
  const child = launch(command, core)
  await whenReady(child, port)
  return { port, child }
}

function local(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url))
}
