import { rollingDeploy } from '../support/rolling-deploy.ts'

// `npm run chaos:deploy [rounds]`: every endpoint is replaced that often under load; nothing may fail.
const [rounds = 5] = process.argv.slice(2).map(Number)
const ends: (() => unknown)[] = []
const t = { after: (end: () => unknown) => ends.push(end) }

const begun = performance.now()
const result = await rollingDeploy(t, { rounds, clients: 64, sockets: 64, pauseMs: 50 })
const { requests, failures, reconnects, drainsMs } = result
const seconds = (performance.now() - begun) / 1_000
const slowest = Math.max(...drainsMs)
console.log(`${requests} requests in ${seconds.toFixed(1)} s, ${reconnects} reconnects`)
console.log(`${drainsMs.length} drains, the slowest took ${slowest.toFixed(0)} ms`)
for (const failure of failures.slice(0, 20)) console.error(failure)
console.log(`${failures.length} failed`)
await Promise.all(ends.map((end) => end()))
process.exit(failures.length === 0 ? 0 : 1)
