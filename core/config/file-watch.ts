import type { Cancel, Clock } from '../contracts/clock.ts'
import { stampLater } from './file-stamp.ts'

// fs.watch misses what mounts, containers and network file systems do, and loses sight of a file
// that an editor replaces; looking is cheap and never misses.
const LOOK_EVERY_MS = 250

/**
 * Looks whether files are others than when they were read, and tells once two looks in a row found
 * the same: nobody is in the middle of writing then.
 */
export class FileWatch {
  readonly #clock: Clock
  readonly #read: () => ReadonlyMap<string, string>
  readonly #changed: () => void
  /** What differed at the last look, and when it was last told. */
  #seen = ''
  #told = ''
  #isClosed = false
  #cancel: Cancel = () => {}

  /** `read` gives the stamp of each file as it was last read. */
  constructor(clock: Clock, read: () => ReadonlyMap<string, string>, changed: () => void) {
    this.#clock = clock
    this.#read = read
    this.#changed = changed
    this.#later()
  }

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
    const files = [...this.#read()]
    const stamps = await Promise.all(files.map(([path]) => stampLater(path)))
    const differing = files.flatMap(([path, stamp], at) =>
      stamps[at] === stamp ? [] : [`${path} ${stamps[at]}`],
    )
    const state = differing.join()
    const isSettled = state === this.#seen
    this.#seen = state
    if (!isSettled || state === this.#told || this.#isClosed) return
    this.#told = state
    if (state !== '') this.#changed()
  }
}
