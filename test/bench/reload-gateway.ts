/** The gateway of the reload bench: `reload-gateway.ts FILE`, told over IPC to reload. */
import { bind, LOGGER } from 'sluice'
import { loadGateway } from 'sluice/gateway'

/** What one reload took, in ms. */
export interface Reloaded {
  readonly tookMs: number
  /** The longest that nothing else could run. */
  readonly stallMs: number
  /** The most that this thread worked at a stretch, whoever else had the processor meanwhile. */
  readonly workMs: number
}

const TICK_MS = 1
const silent = { debug() {}, info() {}, warn() {}, error() {} }
const [file = ''] = process.argv.slice(2)
const gateway = await loadGateway(file, [bind(LOGGER, silent)])
const [address] = await gateway.listen()

process.on('disconnect', () => process.exit(0))
process.on('message', () => void reload())
process.send?.({ port: address?.port })

async function reload(): Promise<void> {
  let last = performance.now()
  let lastWorked = workedMs()
  let stallMs = 0
  let workMs = 0
  const look = (): void => {
    const now = performance.now()
    const worked = workedMs()
    stallMs = Math.max(stallMs, now - last)
    workMs = Math.max(workMs, worked - lastWorked)
    last = now
    lastWorked = worked
  }
  const ticker = setInterval(look, TICK_MS)
  const from = performance.now()
  await gateway.reload()
  const tookMs = performance.now() - from
  // What follows the swap may stall as well: what was dropped is disposed of.
  setTimeout(() => {
    clearInterval(ticker)
    process.send?.({ tookMs, stallMs, workMs } satisfies Reloaded)
  }, 100)
}

function workedMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1_000
}
