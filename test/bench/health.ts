/**
 * `npm run bench:health`: what checking 1,000 endpoints every 2 s costs, as a share of one core. The
 * endpoints are ports of one child process, each with a connection of its own.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { bind, defineGateway, LOGGER } from 'sluice'
import { createGateway } from 'sluice/gateway'
import { healthCheck, roundRobin } from 'sluice/plugins'
import { upstreamSpy } from '../support/upstream-spy.ts'

/** The most that it may cost, as a share of one core. */
const MOST = 0.1

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

const child = fork(new URL('health-origin.ts', import.meta.url), [flags.endpoints], {
  stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
})
process.once('exit', () => child.kill('SIGKILL'))
const [ports] = (await once(child, 'message')) as [number[]]

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
await sleep(5_000)
report('idle, before', idle, 0)

let worst = 0
for (let round = 1; round <= Number(flags.rounds); round++) {
  const before = await asked()
  const cpu = await share(() => sleep(Number(flags.seconds) * 1_000))
  const checks = (await asked()) - before
  report(`round ${round}`, cpu, checks)
  worst = Math.max(worst, cpu)
}
const endpoints = spy.upstreams.flatMap((upstream) => upstream.endpoints)
const ready = endpoints.filter(({ holds }) => holds === 0).length
console.log(`${ready} of ${endpoints.length} endpoints ready`)
await gateway.close()
child.kill('SIGKILL')

const isMet = worst < MOST && ready === count
console.log(`${isMet ? 'met' : 'MISSED'}: under ${100 * MOST} % of a core`)
process.exit(isMet ? 0 : 1)

/** The share of one core that this process uses meanwhile. */
async function share(run: () => Promise<unknown>): Promise<number> {
  const [cpu, since] = [process.cpuUsage(), performance.now()]
  await run()
  const { user, system } = process.cpuUsage(cpu)
  return (user + system) / 1_000 / (performance.now() - since)
}

/** How many checks the endpoints have answered. */
async function asked(): Promise<number> {
  const answered = once(child, 'message')
  child.send('count')
  const [total] = await answered
  return total as number
}

function report(what: string, cpu: number, checks: number): void {
  const each = checks === 0 ? '' : `, ${checks} checks, ${cpuPerCheck(cpu, checks)} us each`
  console.log(`${what}: ${(100 * cpu).toFixed(1)} % of a core${each}`)
}

function cpuPerCheck(cpu: number, checks: number): string {
  return ((cpu * Number(flags.seconds) * 1e6) / checks).toFixed(0)
}
