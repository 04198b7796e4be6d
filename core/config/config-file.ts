import type { Clock } from '../contracts/clock.ts'
import { systemClock } from '../system/clock.ts'
import { ConfigError } from './config-error.ts'
import { loadConfig } from './load.ts'

// It may ask a store for what it needs; one that takes longer does not answer.
const LONGEST_LOAD_MS = 60_000

/** A config file that is read again and again, and what it takes in. */
export class ConfigFile {
  readonly path: string
  #files: ReadonlyMap<string, string> = new Map()

  #turn: Promise<unknown> = Promise.resolve()
  readonly #clock: Clock

  constructor(path: string, clock: Clock = systemClock) {
    this.path = path
    this.#clock = clock
  }

  /**
   * The user's files that make the config, absolute, each with its stamp from before it was read.
   * After a load that failed also those of the one before: what it did not reach may mend it.
   */
  get files(): ReadonlyMap<string, string> {
    return this.#files
  }

  /**
   * Loads take their turns: the last to be asked for is the last to be given.
   *
   * @throws ConfigError when there is no usable default export in time
   */
  load(): Promise<unknown> {
    const loaded = this.#turn.then(() => this.#load())
    this.#turn = loaded.then(ignore, ignore)
    return loaded
  }

  async #load(): Promise<unknown> {
    const files = new Map<string, string>()
    try {
      const config = await this.#inTime(loadConfig(this.path, files))
      this.#files = files
      return config
    } catch (error: unknown) {
      this.#files = new Map([...this.#files, ...files])
      throw error
    }
  }

  /** A config may await something that never comes: the next load must have its turn all the same. */
  #inTime(loading: Promise<unknown>): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const cancel = this.#clock.after(LONGEST_LOAD_MS, () => {
        const seconds = LONGEST_LOAD_MS / 1_000
        reject(
          new ConfigError([
            `${this.path}: has not loaded within ${seconds} s; what does it await?`,
          ]),
        )
      })
      loading.then(resolve, reject).finally(cancel)
    })
  }
}

// Whoever asked for a load has been told how it failed.
function ignore(): void {}
