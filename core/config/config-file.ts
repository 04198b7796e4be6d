import { loadConfig } from './load.ts'

/** A config file that is read again and again, and what it takes in. */
export class ConfigFile {
  readonly path: string
  #files: ReadonlyMap<string, string> = new Map()

  constructor(path: string) {
    this.path = path
  }

  /**
   * The user's files that make the config, absolute, each with its stamp from before it was read.
   * After a load that failed also those of the one before: what it did not reach may mend it.
   */
  get files(): ReadonlyMap<string, string> {
    return this.#files
  }

  /** @throws ConfigError when there is no usable default export */
  async load(): Promise<unknown> {
    const files = new Map<string, string>()
    try {
      const config = await loadConfig(this.path, files)
      this.#files = files
      return config
    } catch (error: unknown) {
      this.#files = new Map([...this.#files, ...files])
      throw error
    }
  }
}
