import { readFileSync } from 'node:fs'
import { sluice } from './command.ts'
import { waitFor } from './deadline.ts'
import type { Teardown } from './teardown.ts'

// Two processes start, one after the other, while other tests run.
const START_MS = 15_000

/** A gateway that was started as anybody would, with its supervisor. */
export interface Supervised extends ReturnType<typeof sluice> {
  readonly url: string
  readonly pid: number
  /** Its workers that live, oldest first. */
  workers(): number[]
  /** What both have said so far. */
  said(): string
  /** Waits until they have said it. */
  told(pattern: RegExp, deadlineMs?: number): Promise<void>
}

/** Starts the gateway of a config; when the test ends, every process of it must end as well. */
export async function startSupervised(
  t: Teardown,
  config: string,
  env: NodeJS.ProcessEnv = {},
  args: readonly string[] = [],
  script?: string,
): Promise<Supervised> {
  const started = sluice(['start', '-c', config, ...args], { env }, script)
  const pid = started.child.pid ?? 0
  const seen = new Set<number>()
  const workers = (): number[] => {
    const found = childrenOf(pid)
    for (const worker of found) seen.add(worker)
    return found
  }
  t.after(async () => {
    workers()
    started.child.kill('SIGKILL')
    const left = () => [...seen].filter(isAlive)
    try {
      await waitFor(
        () => left().length === 0,
        () => `the end of ${left()}`,
      )
    } finally {
      for (const worker of left()) process.kill(worker, 'SIGKILL')
    }
  })
  const [, url = ''] = await started.printed(/listening on (\S+)/, START_MS)
  workers()
  const said = () => started.output() + started.errors()
  const told = (pattern: RegExp, deadlineMs = START_MS): Promise<void> =>
    waitFor(
      () => pattern.test(said()),
      () => `${pattern} in: ${said()}`,
      deadlineMs,
    )
  return { ...started, url, pid, workers, said, told }
}

/** The only worker of a gateway. */
export function workerOf(gateway: Supervised): number {
  const [worker, ...others] = gateway.workers()
  if (worker === undefined || others.length > 0) throw new Error(`workers: ${worker} ${others}`)
  return worker
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

function childrenOf(pid: number): number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    return text.split(' ').filter(Boolean).map(Number)
  } catch {
    return []
  }
}
