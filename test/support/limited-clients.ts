/** Clients of some gateways that limit together in one Redis: a process of a test. Prints what was let in. */
import { bind, CLOCK, REDIS } from 'sluice'
import { rateLimit } from 'sluice/plugins'
import { fakeExchange, instantiate, SeededRng } from 'sluice/testing'
import { NetworkRedis } from '../../core/redis/network-redis.ts'
import { systemClock } from '../../core/system/clock.ts'

const [url = '', leased = '', gateways = '2', ms = '2000'] = process.argv.slice(2)
const CLIENTS = 16
const SILENT = { debug() {}, info() {}, warn() {}, error() {} }
const FOR_MS = Number(ms)

// A connection each, as gateways have.
const plugins = Array.from({ length: Number(gateways) }, () => {
  const redis = new NetworkRedis(systemClock, new SeededRng(1), SILENT)
  // A clock of its own, or they would be one gateway's uses of a group.
  const clock = { ...systemClock }
  const use = rateLimit({
    limit: 400,
    window: '1s',
    burst: 100,
    group: 'it',
    redis: { url },
    leased: leased === 'leased',
    onStoreError: 'closed',
    storeTimeout: '1s',
  })
  return instantiate(use, [bind(CLOCK, clock), bind(REDIS, redis)])
})
await Promise.all(plugins.map((plugin) => plugin.start?.()))
const began = epochMs()
const admitted: [askedAt: number, answeredAt: number][] = []
let asked = 0
let undecided = 0
await Promise.all(plugins.flatMap((plugin) => Array.from({ length: CLIENTS }, () => run(plugin))))
console.log(JSON.stringify({ began, ended: epochMs(), asked, undecided, admitted }))
process.exit()

async function run(plugin: (typeof plugins)[number]): Promise<void> {
  while (epochMs() - began < FOR_MS) {
    const exchange = fakeExchange()
    const askedAt = epochMs()
    asked++
    await plugin.request?.(exchange)
    if (exchange.refused === undefined) admitted.push([askedAt, epochMs()])
    else if (exchange.refused.status === 503) undecided++
    // One that is refused comes back soon, as the rude ones do; a turn is for the others.
    if (exchange.refused !== undefined) await new Promise((resolve) => setTimeout(resolve, 1))
  }
}

function epochMs(): number {
  return performance.timeOrigin + performance.now()
}
