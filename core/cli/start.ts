import { workerRole } from '../supervisor/role.ts'

/** A gateway to start, from the command line. */
export interface StartLine {
  readonly config: string
  /** The whole command line, with which a worker is started as well. */
  readonly words: readonly string[]
  /** Whether it runs in a worker of this process. */
  readonly isSupervised: boolean
}

/** Runs a gateway until a signal ends it. */
export async function start({ config, words, isSupervised }: StartLine): Promise<number> {
  const role = workerRole()
  // Windows has neither the signals nor a way to pass sockets that are not accepted on.
  if (role === 'none' && isSupervised && process.platform !== 'win32') {
    const { supervise } = await import('./supervise.ts')
    return supervise(config, words)
  }
  const [{ runWorker }, { alone, supervised }] = await Promise.all([
    import('./worker.ts'),
    import('./stage.ts'),
  ])
  return runWorker(config, role === 'none' ? alone() : supervised(role === 'upgrade'))
}
