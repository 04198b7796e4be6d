/** `npm run bench`: sluice beside bare Fastify, nginx and HAProxy, in one run against one origin. See README.md. */
import { writeFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg, release, type } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { hasProc, type Usage, usageOf } from './accounting.ts'
import { end, GATEWAY_CORE, keepAwake, LOAD_CORE, pinned, versionOf } from './child.ts'
import {
  DEFAULT_CONTENDERS,
  originKind,
  type Server,
  startContender,
  startOrigin,
  whySkipped,
} from './contenders.ts'
import { type LoadHeaders, load, loadTool, rehearse } from './load.ts'
import { type Row, referenceOf, rowsOf, type Sample, table } from './report.ts'
import { SCENARIOS, type Scenario } from './scenarios.ts'
import { authorization } from './token.ts'

// After load stops, what it left behind (closed connections, answers cut short) still costs the gateway a little.
const SETTLE_MS = 200

const { values: flags } = parseArgs({
  options: {
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    only: { type: 'string', default: SCENARIOS.map((scenario) => scenario.name).join() },
    contenders: { type: 'string', default: DEFAULT_CONTENDERS.join() },
    json: { type: 'string', default: 'bench-results.json' },
    quick: { type: 'boolean', default: false },
    endpoints: { type: 'string', default: '10' },
    awake: { type: 'boolean', default: false },
  },
})
const rounds = whole('rounds', flags.rounds ?? (flags.quick ? '2' : '5'))
const seconds = whole('seconds', flags.seconds ?? (flags.quick ? '1' : '3'))
const warmUpSeconds = Math.max(3, seconds)
const endpoints = whole('endpoints', flags.endpoints)
const scenarios = flags.only.split(',').map(scenarioNamed)
const wanted = flags.contenders.split(',')
const failures: string[] = []
// All of one run get the same requests: a token is half a kilobyte to read and to send on.
const headers = wanted.some((name) => name.startsWith('jwt')) ? await authorization() : {}

const header = describe()
for (const [key, value] of Object.entries(header)) console.log(`${key.padEnd(8)} ${value}`)
const contenders = wanted.filter((name) => {
  const reason = whySkipped(name)
  if (reason !== undefined) console.log(`skipped  ${name}: ${reason}`)
  return reason === undefined
})

const sentry = flags.awake ? keepAwake(LOAD_CORE) : undefined
const origin = await startOrigin(originKind)
const results: { scenario: Scenario; reference: string | undefined; rows: Row[] }[] = []
for (const scenario of scenarios) {
  const result = await measure(scenario)
  results.push({ scenario, ...result })
  console.log(`\n${scenario.name}: ${scenario.title}; (x) = times ${result.reference ?? 'nothing'}`)
  console.log(table(result.rows))
}
await end(origin.child)
if (sentry !== undefined) await end(sentry)

writeFileSync(
  flags.json,
  `${JSON.stringify({ header, rounds, seconds, failures, results }, null, 2)}\n`,
)
console.log(`\nwritten to ${flags.json}`)
process.exit(failures.length === 0 ? 0 : 1)

/** Fresh processes for each scenario, so that memory is the scenario's own. */
async function measure(
  scenario: Scenario,
): Promise<{ reference: string | undefined; rows: Row[] }> {
  const servers = await startAll(scenario)
  const samples = new Map(
    [...servers.keys()].map((name) => [
      name,
      new Array<Sample | undefined>(rounds).fill(undefined),
    ]),
  )
  const attempt = async (name: string, work: () => Promise<void>): Promise<void> => {
    try {
      await work()
    } catch (error) {
      failed(scenario, name, error)
      servers.delete(name)
    }
  }
  const stalls = new Map<string, number>()
  for (const [name, server] of servers) {
    progress(`${scenario.name}: warm-up, ${name}`)
    await attempt(name, async () => {
      const seen = await rehearse(
        urlOf(server, scenario),
        scenario.connections,
        warmUpSeconds,
        headersFor(server),
      )
      stalls.set(name, seen.errors)
      await sleep(SETTLE_MS)
    })
  }
  for (let round = 0; round < rounds; round++) {
    for (const [name, server] of turned([...servers], round)) {
      progress(`${scenario.name}: round ${round + 1} of ${rounds}, ${name}`)
      await attempt(name, async () => {
        samples.get(name)?.splice(round, 1, await sampleOf(server, scenario))
      })
    }
  }
  progress('')
  for (const { child } of servers.values()) if (child !== undefined) await end(child)
  const reference = referenceOf([...samples.keys()].filter((name) => name !== 'direct'))
  return { reference, rows: rowsOf(samples, reference, stalls) }
}

async function startAll(scenario: Scenario): Promise<Map<string, Server>> {
  const servers = new Map<string, Server>()
  for (const name of contenders) {
    try {
      servers.set(name, await startContender(name, origin, scenario.path, {}, endpoints, headers))
    } catch (error) {
      failed(scenario, name, error)
    }
  }
  return servers
}

async function sampleOf(server: Server, scenario: Scenario): Promise<Sample> {
  const pid = hasProc ? server.child?.pid : undefined
  const before = pid === undefined ? undefined : usageOf(pid)
  const seen = await load(
    urlOf(server, scenario),
    scenario.connections,
    seconds,
    headersFor(server),
  )
  if (seen.requests === 0) throw new Error('answered nothing')
  await sleep(SETTLE_MS)
  const after = pid === undefined ? undefined : usageOf(pid)
  const used = cpuBetween(before, after)
  return {
    requests: seen.requests,
    errors: seen.errors,
    cpuUs: used === undefined ? undefined : used / seen.requests,
    perSecond: seen.requests / seen.seconds,
    p50Ms: seen.p50Ms,
    p99Ms: seen.p99Ms,
    rssMb: after?.rssMb,
    peakMb: after?.peakMb,
    busy: used === undefined ? undefined : used / (seen.seconds * 10_000),
  }
}

function cpuBetween(before: Usage | undefined, after: Usage | undefined): number | undefined {
  return before === undefined || after === undefined ? undefined : after.cpuUs - before.cpuUs
}

function urlOf({ port }: Server, { path }: Scenario): string {
  return `http://127.0.0.1:${port}${path}`
}

function headersFor({ cookie }: Server): LoadHeaders {
  return cookie === '' ? headers : { ...headers, cookie }
}

/** Each round begins with another contender, so that none always follows the same neighbour. */
function turned<T>(list: readonly T[], by: number): T[] {
  return list.map((_, i) => list[(i + by) % list.length] as T)
}

function failed({ name: scenario }: Scenario, name: string, error: unknown): void {
  const line = `FAILED   ${name} (${scenario}): ${error instanceof Error ? error.message : error}`
  failures.push(line)
  console.log(line)
}

function progress(line: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${line}`)
}

function describe(): Record<string, string> {
  return {
    machine: `${availableParallelism()} x ${cpus()[0]?.model ?? 'unknown'}, ${type()} ${release()}`,
    others: `load average ${loadavg()[0]?.toFixed(2)} before the start; above 0.3 others use these cores`,
    node: process.version,
    nginx: versionOf('nginx'),
    haproxy: versionOf('haproxy'),
    load: loadTool === 'wrk' ? `wrk ${versionOf('wrk')}` : 'autocannon (wrk is not installed)',
    origin: originKind,
    pinned: pinned
      ? `gateways on core ${GATEWAY_CORE}, load and origin on core ${LOAD_CORE}`
      : 'no: taskset is missing, or there is one core; expect noise',
    awake: flags.awake ? `core ${LOAD_CORE} never halts` : 'no: cores halt when idle',
    cpu: hasProc ? 'from /proc, children included' : 'not measured: there is no /proc',
    runs: `${rounds} rounds x ${seconds} s after ${warmUpSeconds} s of warm-up, medians`,
  }
}

function scenarioNamed(name: string): Scenario {
  const found = SCENARIOS.find((scenario) => scenario.name === name)
  if (found !== undefined) return found
  console.error(`--only takes ${SCENARIOS.map((scenario) => scenario.name).join()}; got "${name}"`)
  process.exit(2)
}

function whole(flag: string, value: string): number {
  if (/^[1-9]\d*$/.test(value)) return Number(value)
  console.error(`--${flag} takes a whole number from 1; got "${value}"`)
  process.exit(2)
}
