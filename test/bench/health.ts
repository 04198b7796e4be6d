/**
 * `npm run bench:health`: what checking 1,000 endpoints every 2 s costs, as a share of one core. The
 * endpoints are ports of child processes, each with a connection of its own.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { bind, defineGateway, LOGGER } from 'sluice'
import { createGateway } from 'sluice/gateway'
import { healthCheck, roundRobin } from 'sluice/plugins'
import { upstreamSpy } from '../support/upstream-spy.ts'

/** The most that it may cost, as a share of one core. */
const MOST = 0.1
/** Each takes two file descriptors of a child, whose number the system limits. */
const PORTS_EACH = 4_000
const READY_WITHIN_MS = 60_000

const { values: flags } = parseArgs({
  options: {
    endpoints: { type: 'string', default: '1000' },
    seconds: { type: 'string', default: '10' },
    rounds: { type: 'string', default: '3' },
    upstreams: { type: 'string', default: '1' },
    type: { type: 'string', default: 'http' },
  },
})
const count = Number(flags.endpoints)
const groups = Number(flags.upstreams)

const children: ChildProcess[] = []
process.once('exit', () => {
  for (const child of children) child.kill('SIGKILL')
})
const ports: number[] = []
while (ports.length < count)
  ports.push(...(await origin(Math.min(PORTS_EACH, count - ports.length))))

const spy = upstreamSpy()
const urls = ports.map((port) => `http://127.0.0.1:${port}`)
const upstreams = Object.fromEntries(
  Array.from({ length: groups }, (_, group) => [
    `group${group}`,
    {
      endpoints: urls.filter((_url, i) => i % groups === group),
      balance: roundRobin(),
      plugins: [healthCheck({ type: flags.type as 'http' | 'tcp' }), spy.use],
    },
  ]),
)
const config = defineGateway({
  http: { port: 0, host: '127.0.0.1' },
  upstreams,
  routes: [{ to: 'group0' }],
})
const silent = { debug() {}, info() {}, warn() {}, error: console.error }
const idle = await share(async () => sleep(2_000))
const gateway = await createGateway(config, [bind(LOGGER, silent)])
const since = performance.now()
const endpoints = spy.upstreams.flatMap((upstream) => upstream.endpoints)
while (ready() < count && performance.now() - since < READY_WITHIN_MS) await sleep(100)
console.log(
  `${ready()} endpoints ready after ${((performance.now() - since) / 1_000).toFixed(1)} s`,
)
// Their first checks are close together; from now on they are spread over the interval.
await sleep(4_000)
report('idle, before', idle, 0)

let worst = 0
for (let round = 1; round <= Number(flags.rounds); round++) {
  const before = await asked()
  const cpu = await share(() => sleep(Number(flags.seconds) * 1_000))
  const checks = (await asked()) - before
  report(`round ${round}`, cpu, checks)
  worst = Math.max(worst, cpu)
}
const atEnd = ready()
console.log(`${atEnd} of ${endpoints.length} endpoints ready, ${megabytes()} MB resident`)
await gateway.close()

// The figure is one of 1,000 endpoints.
const most = MOST * Math.max(1, count / 1_000)
const isMet = worst < most && atEnd === count
console.log(`${isMet ? 'met' : 'MISSED'}: under ${(100 * most).toFixed(0)} % of a core`)
process.exit(isMet ? 0 : 1)

/** Starts one of the child processes; gives its ports. */
async function origin(ports: number): Promise<number[]> {
  const child = fork(new URL('health-origin.ts', import.meta.url), [`${ports}`], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  children.push(child)
  const [opened] = (await once(child, 'message')) as [number[]]
  return opened
}

function ready(): number {
  return endpoints.filter(({ holds }) => holds === 0).length
}

function megabytes(): string {
  return (process.memoryUsage().rss / 1e6).toFixed(0)
}

/** The share of one core that this process uses meanwhile. */
async function share(run: () => Promise<unknown>): Promise<number> {
  const [cpu, since] = [process.cpuUsage(), performance.now()]
  await run()
  const { user, system } = process.cpuUsage(cpu)
  return (user + system) / 1_000 / (performance.now() - since)
}

/** How many checks the endpoints have answered. */
async function asked(): Promise<number> {
  const totals = children.map(async (child) => {
    const answered = once(child, 'message')
    child.send('count')
    return (await answered)[0] as number
  })
  return (await Promise.all(totals)).reduce((sum, total) => sum + total, 0)
}

function report(what: string, cpu: number, checks: number): void {
  const each = checks === 0 ? '' : `, ${checks} checks, ${cpuPerCheck(cpu, checks)} us each`
  console.log(`${what}: ${(100 * cpu).toFixed(1)} % of a core${each}`)
}

function cpuPerCheck(cpu: number, checks: number): string {
  return ((cpu * Number(flags.seconds) * 1e6) / checks).toFixed(0)
}
