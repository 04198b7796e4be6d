import { ConfigError } from './config/config-error.ts'
import type { ConfigFile } from './config/config-file.ts'
import { FileWatch } from './config/file-watch.ts'
import type { Cancel, Clock } from './contracts/clock.ts'
import type { Logger } from './contracts/logger.ts'
import { GatewayError } from './errors.ts'

/** Reloads that nobody awaits: what is wrong goes to the log, and the config in force stays. */
export class Reloads {
  readonly #reload: () => Promise<unknown>
  readonly #file: ConfigFile | undefined
  readonly #clock: Clock
  readonly #log: Logger
  #isRunning = false
  #isAskedAgain = false
  #watch: FileWatch | undefined = undefined

  constructor(
    reload: () => Promise<unknown>,
    file: ConfigFile | undefined,
    clock: Clock,
    log: Logger,
  ) {
    this.#reload = reload
    this.#file = file
    this.#clock = clock
    this.#log = log
  }

  /** Reloads the file. However often it is asked during a reload, one more follows. */
  request(): void {
    this.#isAskedAgain = true
    if (!this.#isRunning) this.#run()
  }

  /**
   * Reloads whenever the file, or one of the user's that it imports, is written or replaced, until
   * the gateway closes. A file that is half written is reported, and the next write is taken.
   *
   * @throws Error for a gateway that was not made from a file
   */
  watch(): Cancel {
    const file = this.#file
    if (file === undefined) throw new Error(NO_FILE)
    this.#watch ??= new FileWatch(
      this.#clock,
      () => file.files,
      () => this.request(),
    )
    return () => this.stop()
  }

  stop(): void {
    this.#watch?.close()
    this.#watch = undefined
  }

  async #run(): Promise<void> {
    this.#isRunning = true
    while (this.#isAskedAgain) {
      this.#isAskedAgain = false
      await this.#reload().catch((error: unknown) => this.#report(error))
    }
    this.#isRunning = false
  }

  #report(error: unknown): void {
    // It is going anyway.
    if (error instanceof GatewayError && error.code === 'CLOSED') return
    const file = this.#file?.path
    if (error instanceof GatewayError) {
      this.#log.error({ file }, `not reloaded: ${error.message}`)
      this.#log.error({ file }, 'the config in force stays')
      return
    }
    if (!(error instanceof ConfigError)) {
      this.#log.error({ err: error, file }, 'not reloaded, the config in force stays')
      return
    }
    for (const problem of error.problems) this.#log.error({ file }, `not reloaded: ${problem}`)
    const count = error.problems.length
    const problems = count === 1 ? 'one problem' : `${count} problems`
    this.#log.error({ file }, `the config in force stays: the file has ${problems}`)
  }
}

export const NO_FILE = 'the gateway was not made from a file: make it with loadGateway(file)'
