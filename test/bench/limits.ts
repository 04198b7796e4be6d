/**
 * `npm run bench:limits`: what a limit on every request costs, and what a refused one does, in processor
 * time a request. Beside it @fastify/rate-limit on a bare Fastify.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { usageOf } from './accounting.ts'
import { end } from './child.ts'
import { originKind, type Server, startContender, startOrigin } from './contenders.ts'
import { load, rehearse } from './load.ts'

const MOST_LIMITED = 1.08
const MOST_REFUSED = 0.5
const CONNECTIONS = 64
const SETTLE_MS = 200
// After the one that `startContender` asks by, everything is refused.
const ONE = { LIMIT: '1' }

const CONTENDERS = [
  { name: 'plain', kind: 'sluice', env: {}, to: 'plain' },
  { name: 'limited', kind: 'rate-limited', env: {}, to: 'plain' },
  { name: 'refused', kind: 'rate-limited', env: ONE, to: 'plain' },
  { name: 'bare', kind: 'bare', env: {}, to: 'bare' },
  { name: 'bare limited', kind: 'bare-limited', env: {}, to: 'bare' },
  { name: 'bare refused', kind: 'bare-limited', env: ONE, to: 'bare' },
] as const

const { values: flags } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2' },
  },
})
const seconds = Number(flags.seconds)

const origin = await startOrigin(originKind)
const servers: Server[] = []
for (const { kind, env } of CONTENDERS) servers.push(await startContender(kind, origin, '/', env))
for (const { port } of servers) await rehearse(`http://127.0.0.1:${port}/`, CONNECTIONS, 3)
const samples = CONTENDERS.map((): number[] => [])
for (let round = 0; round < Number(flags.rounds); round++) {
  for (const [i, server] of servers.entries()) samples[i]?.push(await cpuUs(server))
}
for (const { child } of servers) if (child !== undefined) await end(child)
await end(origin.child)

console.log('CPU us a request, and the median of the ratios round by round')
const ratios = new Map<string, number>()
for (const [i, { name, to }] of CONTENDERS.entries()) {
  const own = samples[i] ?? []
  const base = samples[CONTENDERS.findIndex((other) => other.name === to)] ?? []
  const ratio = median(own.map((value, round) => value / (base[round] ?? Number.NaN)))
  ratios.set(name, ratio)
  console.log(`${name.padEnd(14)} ${median(own).toFixed(1).padStart(6)}  ${ratio.toFixed(3)}`)
}
const isMet =
  (ratios.get('limited') ?? 9) <= MOST_LIMITED && (ratios.get('refused') ?? 9) <= MOST_REFUSED
console.log(
  `limited at most ${MOST_LIMITED}, refused at most ${MOST_REFUSED}: ${isMet ? 'met' : 'NOT met'}`,
)
process.exit(isMet ? 0 : 1)

async function cpuUs({ port, child }: Server): Promise<number> {
  const pid = child?.pid ?? 0
  const before = usageOf(pid)
  const { requests, errors } = await load(`http://127.0.0.1:${port}/`, CONNECTIONS, seconds)
  await sleep(SETTLE_MS)
  // Refusals are errors to the load generator.
  return (usageOf(pid).cpuUs - before.cpuUs) / (requests + errors)
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const half = Math.floor(sorted.length / 2)
  const upper = sorted[half] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[half - 1] ?? Number.NaN)) / 2
}
