import { systemClock } from '../system/clock.ts'
import { loadConfig } from './load.ts'

/** A config file that is read again and again, and what it takes in. */
export class ConfigFile {
  readonly path: string
  /** The user's files that make the config, absolute. */
  #files: ReadonlySet<string> = new Set()
  #readAt = 0

  constructor(path: string) {
    this.path = path
  }

  /** After a load that failed, also those of the one before: what it did not reach may mend it. */
  get files(): ReadonlySet<string> {
    return this.#files
  }

  /** When the last load began, in ms since the epoch: what was written later it may have missed. */
  get readAt(): number {
    return this.#readAt
  }

  /** @throws ConfigError when there is no usable default export */
  async load(): Promise<unknown> {
    const files = new Set<string>()
    this.#readAt = systemClock.wall()
    try {
      const config = await loadConfig(this.path, files)
      this.#files = files
      return config
    } catch (error: unknown) {
      this.#files = new Set([...this.#files, ...files])
      throw error
    }
  }
}
