import { stat } from 'node:fs/promises'
import type { Cancel, Clock } from '../contracts/clock.ts'

// fs.watch misses what mounts, containers and network file systems do, and loses sight of a file
// that an editor replaces; looking is cheap and never misses.
const LOOK_EVERY_MS = 250

/**
 * Looks for changes of files, and tells of them once two looks in a row found the same: nobody is in
 * the middle of writing then.
 */
export class FileWatch {
  readonly #clock: Clock
  readonly #files: () => Iterable<string>
  readonly #changed: () => void
  /** The stamp of each file when a change was last told. */
  readonly #told = new Map<string, string>()
  #unsettled = ''
  #isClosed = false
  #cancel: Cancel = () => {}

  /** `files` are asked for at each look; they are as they were read at `readAt`, by the wall. */
  constructor(
    clock: Clock,
    files: () => Iterable<string>,
    readAt: () => number,
    changed: () => void,
  ) {
    this.#clock = clock
    this.#files = files
    this.#changed = changed
    this.#readAt = readAt
    this.#later()
  }

  readonly #readAt: () => number

  close(): void {
    this.#isClosed = true
    this.#cancel()
  }

  #later(): void {
    this.#cancel = this.#clock.after(LOOK_EVERY_MS, () => {
      this.#look().then(() => {
        if (!this.#isClosed) this.#later()
      })
    })
  }

  async #look(): Promise<void> {
    const files = [...this.#files()]
    const stamps = await Promise.all(files.map((file) => this.#stampOf(file)))
    const changed = files.filter((file, at) => this.#told.get(file) !== stamps[at])
    const state = changed.length === 0 ? '' : stamps.join()
    const isSettled = state === this.#unsettled
    this.#unsettled = state
    if (state === '' || !isSettled || this.#isClosed) return
    for (const [at, file] of files.entries()) this.#told.set(file, stamps[at] ?? '')
    this.#unsettled = ''
    this.#changed()
  }

  /** A file that is new here and older than what was read of it has not changed. */
  async #stampOf(file: string): Promise<string> {
    try {
      // A rename keeps the time of the last write, and moves this one and the inode.
      const { ctimeMs, size, ino } = await stat(file)
      const stamp = `${ctimeMs}:${size}:${ino}`
      if (!this.#told.has(file) && ctimeMs <= this.#readAt()) this.#told.set(file, stamp)
      return stamp
    } catch (error: unknown) {
      const stamp = String((error as { code?: string }).code)
      if (!this.#told.has(file)) this.#told.set(file, stamp)
      return stamp
    }
  }
}
