import { type Role, workerRole } from '../supervisor/role.ts'
import { giveUp } from './exit.ts'

/** A gateway to start, from the command line. */
export interface StartLine {
  readonly config: string
  /** The whole command line, with which a worker is started as well. */
  readonly words: readonly string[]
  /** Whether it runs in a worker of this process. */
  readonly isSupervised: boolean
  /** Whether it reloads when a file of the config is written. */
  readonly watch: boolean
}

/** Runs a gateway until a signal ends it. */
export async function start(line: StartLine): Promise<number> {
  try {
    return await startAs(workerRole(), line)
  } catch (error: unknown) {
    return giveUp(error)
  }
}

async function startAs(role: Role, line: StartLine): Promise<number> {
  const { config, words, isSupervised, watch } = line
  // Windows has neither the signals nor a way to pass sockets that are not accepted on.
  if (role === 'none' && isSupervised && process.platform !== 'win32') {
    const { supervise } = await import('./supervise.ts')
    return supervise(config, words)
  }
  const [{ runWorker }, { alone, supervised }] = await Promise.all([
    import('./worker.ts'),
    import('./stage.ts'),
  ])
  return runWorker(config, watch, role === 'none' ? alone() : supervised(role === 'upgrade'))
}
