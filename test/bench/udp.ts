/** `npm run bench:udp`: one-shot queries through sluice beside nginx stream, in one run. See README.md. */
import { createSocket } from 'node:dgram'
import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { hasProc, usageOf } from './accounting.ts'
import {
  type Child,
  end,
  find,
  GATEWAY_CORE,
  LOAD_CORE,
  launch,
  outputOf,
  pinned,
  versionOf,
} from './child.ts'
import { local, newPlace, nginxCommand, sluiceCommand } from './commands.ts'
import { median } from './report.ts'

const { values: flags } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    queries: { type: 'string', default: '60000' },
    sockets: { type: 'string', default: '64' },
  },
})
/** The most that a query may cost, as a multiple of nginx's. */
const MOST = 2
const READY_DEADLINE_MS = 20_000
const SETTLE_MS = 300
const STREAM_MODULE = '/usr/lib/nginx/modules/ngx_stream_module.so'

if (find('nginx') === undefined) throw new Error('nginx is not installed')
if (!hasProc) throw new Error('processor time is read from /proc, and there is none')
console.log(
  `node ${process.version}, nginx ${versionOf('nginx')}, ${pinned ? 'pinned' : 'not pinned'}`,
)

const endpoint = await newPlace()
const server = launch(load('serve', endpoint.port), LOAD_CORE)
await whenAnswering(server, endpoint.port)
const proxies = await startProxies()
const costs = new Map([...proxies.keys()].map((name) => [name, [] as number[]]))
for (const { port } of proxies.values()) await outputOf(launch(asking(port), LOAD_CORE))
for (let round = 0; round < Number(flags.rounds); round++) {
  const turn = [...proxies]
  if (round % 2 === 1) turn.reverse()
  for (const [name, { port, child }] of turn) {
    const before = usageOf(child.pid).cpuUs
    const said = await outputOf(launch(asking(port), LOAD_CORE))
    await sleep(SETTLE_MS)
    const cost = (usageOf(child.pid).cpuUs - before) / Number(flags.queries)
    costs.get(name)?.push(cost)
    if (said !== 'lost 0') console.log(`  ${name}: ${said}`)
  }
}
const against = costs.get('nginx') ?? []
let isMet = true
console.log('a query and its answer, us')
for (const [name, list] of costs) {
  const ratio = median(list.map((cost, round) => cost / (against[round] ?? Number.NaN))) ?? 0
  console.log(`  ${name.padEnd(8)} ${median(list)?.toFixed(1).padStart(8)} (${ratio.toFixed(2)}x)`)
  if (name === 'sluice') isMet = ratio <= MOST
}
console.log(`  ${isMet ? 'met' : 'MISSED'}: at most ${MOST} x nginx's`)
for (const { child } of proxies.values()) await end(child)
await end(server)
process.exit(isMet ? 0 : 1)

function load(...words: readonly (string | number)[]) {
  const all = [process.execPath, local('udp-load.ts'), ...words.map(String)] as const
  return { words: all }
}

function asking(port: number) {
  return load('ask', port, flags.queries, flags.sockets)
}

async function startProxies(): Promise<Map<string, { port: number; child: Child }>> {
  const sluice = await newPlace()
  const nginx = await newPlace()
  const commands = [
    ['sluice', sluice.port, sluiceCommand('udp.config.ts', sluice, endpoint.port)],
    ['nginx', nginx.port, nginxCommand(nginx.folder, nginxDatagrams(nginx, endpoint.port))],
  ] as const
  const started = new Map<string, { port: number; child: Child }>()
  for (const [name, port, command] of commands) {
    const child = launch(command, GATEWAY_CORE)
    await whenAnswering(child, port)
    started.set(name, { port, child })
  }
  return started
}

/** nginx stream, which ends a session with its answer. */
function nginxDatagrams({ port, folder }: { port: number; folder: string }, to: number): string {
  return `
${existsSync(STREAM_MODULE) ? `load_module ${STREAM_MODULE};` : ''}
daemon off;
master_process off;
worker_processes 1;
events { worker_connections 16384; }
pid ${folder}/nginx.pid;
error_log ${folder}/error.log warn;
stream {
  upstream endpoint { server 127.0.0.1:${to} max_fails=0; }
  server {
    listen 127.0.0.1:${port} udp rcvbuf=4m;
    proxy_pass endpoint;
    proxy_requests 1;
    proxy_responses 1;
    proxy_timeout 2s;
  }
}
`
}

/** Asks until something answers. */
async function whenAnswering(child: Child, port: number): Promise<void> {
  const socket = createSocket('udp4')
  let isThere = false
  socket.on('message', () => {
    isThere = true
  })
  socket.on('error', () => {})
  const deadline = performance.now() + READY_DEADLINE_MS
  while (!isThere) {
    if (performance.now() > deadline) throw new Error(`no answer on ${port}:\n${child.output()}`)
    socket.send('?', port, '127.0.0.1')
    await sleep(50)
  }
  socket.close()
}
