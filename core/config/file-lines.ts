import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import type { Clock } from '../contracts/clock.ts'
import type { Logger } from '../contracts/logger.ts'
import { stampLater, stampOf } from './file-stamp.ts'
import { FileWatch } from './file-watch.ts'

/**
 * The lines of a small file that somebody else keeps, such as one of users: read at boot, and again
 * whenever it changes. One that goes away, or that `take` throws at, leaves what was taken before.
 */
export class FileLines {
  readonly #file: string
  readonly #clock: Clock
  readonly #log: Logger
  readonly #take: (lines: readonly string[]) => void
  #stamp: string
  #watch: FileWatch | undefined = undefined

  /**
   * Calls `take` with the lines, blanks around them cut off.
   * @throws Error that names the file when it cannot be read, or `take` throws
   */
  constructor(file: string, clock: Clock, log: Logger, take: (lines: readonly string[]) => void) {
    this.#file = file
    this.#clock = clock
    this.#log = log
    this.#take = take
    this.#stamp = stampOf(file)
    try {
      take(linesOf(readFileSync(file, 'utf8')))
    } catch (error: unknown) {
      throw new Error(`${file}: ${reasonOf(error)}`, { cause: error })
    }
  }

  /** Looks for changes from now on. */
  watch(): void {
    const read = (): ReadonlyMap<string, string> => new Map([[this.#file, this.#stamp]])
    this.#watch ??= new FileWatch(this.#clock, read, () => void this.#readAgain())
  }

  close(): void {
    this.#watch?.close()
  }

  async #readAgain(): Promise<void> {
    const file = this.#file
    try {
      const stamp = await stampLater(file)
      const lines = linesOf(await readFile(file, 'utf8'))
      this.#take(lines)
      this.#stamp = stamp
      this.#log.info({ file }, 'read again')
    } catch (error: unknown) {
      const left = 'the file cannot be taken: what was read before stays'
      this.#log.error({ file, error: reasonOf(error) }, left)
    }
  }
}

function linesOf(text: string): string[] {
  return text.split('\n').map((line) => line.trim())
}

function reasonOf(error: unknown): string {
  if ((error as { code?: unknown }).code === 'ENOENT') return 'no such file'
  return error instanceof Error ? error.message : String(error)
}
