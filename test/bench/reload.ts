/** `npm run bench:reload`: what a reload of a large config takes, and what requests notice. See README.md. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { Agent, createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { local } from './commands.ts'
import { configText, type Size } from './reload-config.ts'
import type { Reloaded } from './reload-gateway.ts'

const MOST_MS = 500
const MOST_STALL_MS = 50
const REQUEST_EVERY_MS = 2
const PAUSE_MS = 300

const { values: flags } = parseArgs({
  options: {
    routes: { type: 'string', default: '1000' },
    endpoints: { type: 'string', default: '1000' },
    natives: { type: 'string', default: '20' },
    reloads: { type: 'string', default: '20' },
    each: { type: 'boolean', default: false },
  },
})
const size: Size = {
  routes: Number(flags.routes),
  endpoints: Number(flags.endpoints),
  natives: Number(flags.natives),
}

// In the repository, so that its imports are found.
const folder = mkdtempSync(local('.reload-'))
process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
const file = join(folder, 'gateway.config.ts')
const origin = createServer((_request, response) => response.end('ok')).listen(0, '127.0.0.1')
await once(origin, 'listening')
const originPort = (origin.address() as AddressInfo).port

writeFileSync(file, configText(size, originPort, 0))
const gateway = fork(local('reload-gateway.ts'), [file], {
  execArgv: ['-C', 'sluice-source'],
  env: { ...process.env, NODE_ENV: 'production' },
})
process.once('exit', () => gateway.kill('SIGKILL'))
const { port } = await answerOf<{ port: number }>(gateway)

const agent = new Agent({ keepAlive: true })
const latenciesMs: number[] = []
let failed = 0
const load = setInterval(ask, REQUEST_EVERY_MS)
await sleep(1_000)
const quiet = latenciesMs.splice(0)

// Made before: what this process does would delay its own requests.
const texts = Array.from({ length: Number(flags.reloads) }, (_, at) =>
  configText(size, originPort, at + 1),
)
const seen: Reloaded[] = []
for (const text of texts) {
  await writeFile(file, text)
  const answer = answerOf<Reloaded>(gateway)
  gateway.send('reload')
  seen.push(await answer)
  await sleep(PAUSE_MS)
}
clearInterval(load)
gateway.kill('SIGKILL')
origin.close()
origin.closeAllConnections()
agent.destroy()

if (flags.each) {
  for (const { tookMs, stallMs, workMs } of seen) {
    console.log(`  ${ms(tookMs)}, stall ${ms(stallMs)}, of its own ${ms(workMs)}`)
  }
}
const tookMs = seen.map((one) => one.tookMs)
const stallMs = seen.map((one) => one.stallMs)
const workMs = seen.map((one) => one.workMs)
console.log(`node ${process.version}, ${JSON.stringify(size)}, ${seen.length} reloads`)
console.log(`reload       median ${ms(median(tookMs))}, longest ${ms(Math.max(...tookMs))}`)
console.log(`event loop   median stall ${ms(median(stallMs))}, longest ${ms(Math.max(...stallMs))}`)
console.log(`             of its own ${ms(median(workMs))}, longest ${ms(Math.max(...workMs))}`)
console.log(`requests     slowest ${ms(Math.max(...latenciesMs))} of ${latenciesMs.length}`)
console.log(`             slowest ${ms(Math.max(...quiet))} of ${quiet.length} without reloads`)
console.log(`             ${failed} failed`)
const isMet = median(tookMs) < MOST_MS && Math.max(...workMs) < MOST_STALL_MS && failed === 0
console.log(
  `${isMet ? 'met' : 'MISSED'}: below ${MOST_MS} ms, the event loop held up below ${MOST_STALL_MS} ms`,
)
process.exit(isMet ? 0 : 1)

// Open loop: a request that waits for another would hide how long it took.
function ask(): void {
  const from = performance.now()
  const asked = request({ port, host: '127.0.0.1', path: '/bench', agent }, (response) => {
    response.resume()
    response.on('end', () => {
      latenciesMs.push(performance.now() - from)
      if (response.statusCode !== 200) failed++
    })
  })
  asked.on('error', () => failed++)
  asked.end()
}

async function answerOf<T>(child: ChildProcess): Promise<T> {
  const [message] = await once(child, 'message')
  return message as T
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0
}

function ms(value: number): string {
  return `${value.toFixed(1)} ms`
}
