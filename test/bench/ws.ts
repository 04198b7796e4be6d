/** `npm run bench:ws`: messages echoed through a tunnel, sluice beside nginx, in one run. See README.md. */
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { hasProc, usageOf } from './accounting.ts'
import { end, find, GATEWAY_CORE, LOAD_CORE, launch, outputOf, pinned, versionOf } from './child.ts'
import { local, newPlace, nginxCommand, type Running, sluiceCommand, start } from './commands.ts'
import { nginxTunnel } from './daemon-configs.ts'
import { rowsOf, type Sample, table } from './report.ts'
import { MESSAGE_BYTES } from './ws-frames.ts'

/** The most that a message may cost, as a multiple of nginx's, in processor time. */
const MOST = 1.5
const SETTLE_MS = 200

const { values: flags } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    connections: { type: 'string', default: '64' },
  },
})
const rounds = Number(flags.rounds)

if (!hasProc) throw new Error('processor time is read from /proc, and there is none')
console.log(
  `node ${process.version}, nginx ${versionOf('nginx')}, ${pinned ? 'pinned' : 'not pinned'}`,
)
console.log(
  `${flags.connections} connections, ${MESSAGE_BYTES} bytes a message; a request is a message and its echo`,
)

const echo = await startEcho()
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

async function startEcho(): Promise<Running> {
  const { port } = await newPlace()
  return start({ words: [process.execPath, local('ws-echo.ts'), `${port}`] }, port, LOAD_CORE)
}

async function startSluice(): Promise<Running> {
  const place = await newPlace()
  return start(sluiceCommand('sluice.config.ts', place, echo.port), place.port, GATEWAY_CORE)
}

async function startNginx(): Promise<Running> {
  const place = await newPlace()
  const command = nginxCommand(place.folder, nginxTunnel(place, echo.port))
  return start(command, place.port, GATEWAY_CORE)
}
