/** How many simulated requests a second one core gets through. The first row has a limit. */
import { parseArgs } from 'node:util'
import { powerOfTwo, random, retry } from 'sluice/plugins'
import { constant, exponential, poisson, type Scenario, simulate } from 'sluice/testing'

const LEAST_A_SECOND = 200_000

const { values } = parseArgs({ options: { requests: { type: 'string', default: '1000000' } } })
const requests = Number(values.requests)

/** A load of 0.9 on servers of 10 ms each. */
function loaded(count: number, more: Partial<Scenario> = {}): Scenario {
  return {
    balance: powerOfTwo(),
    arrivals: poisson(90 * count),
    endpoints: [{ service: exponential(10), servers: 1, count }],
    duration: Math.ceil((requests / (90 * count)) * 1_000),
    ...more,
  }
}

const ROWS: Readonly<Record<string, Scenario>> = {
  'power of two, 100 endpoints': loaded(100),
  'power of two, 10,000 endpoints': loaded(10_000),
  '20 gateways with a view of their own': loaded(100, { gateways: 20 }),
  'with retry, deadlines and patience': loaded(100, {
    plugins: [retry()],
    timeouts: { request: '5s' },
    patience: '10s',
  }),
  'random, services without a queue': loaded(100, {
    balance: random(),
    endpoints: [{ service: constant(10), count: 100 }],
  }),
}

await simulate(loaded(100, { duration: '10s' }))
let isFastEnough = true
for (const [name, scenario] of Object.entries(ROWS)) {
  const start = process.cpuUsage()
  const report = await simulate(scenario)
  const { user, system } = process.cpuUsage(start)
  const perSecond = Math.round((report.requests / (user + system)) * 1e6)
  if (name === Object.keys(ROWS)[0]) isFastEnough = perSecond >= LEAST_A_SECOND
  const heapMb = Math.round(process.memoryUsage().heapUsed / 2 ** 20)
  console.log(
    `${name.padEnd(44)} ${perSecond.toLocaleString('en').padStart(10)} requests/s of CPU, heap ${heapMb} MB`,
  )
}
if (!isFastEnough) {
  console.error(`too slow: the first row must reach ${LEAST_A_SECOND.toLocaleString('en')}`)
  process.exitCode = 1
}
