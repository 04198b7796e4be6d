import { close, fstat, open, stat, write, writeSync } from 'node:fs'
import { promisify } from 'node:util'

/** How much of some bytes was written, and what kept the rest from it. */
export interface Written {
  readonly bytes: number
  readonly error: Error | undefined
}

/** Where lines go. Nothing here blocks the event loop but `appendNow`. */
export interface Sink {
  /** Makes sure that it can be written to. @throws Error of the file system */
  open(): Promise<void>
  /** Writes as much as can be; never rejects. */
  append(bytes: Buffer): Promise<Written>
  /** Writes what can be written at once: for the end of the process. */
  appendNow(bytes: Buffer): void
  /** The next append opens it anew. */
  reopen(): void
  close(): Promise<void>
}

const files = {
  open: promisify(open),
  write: promisify(write) as (fd: number, bytes: Buffer) => Promise<{ bytesWritten: number }>,
  stat: promisify(stat) as (path: string) => Promise<{ ino: number; dev: number }>,
  fstat: promisify(fstat) as (fd: number) => Promise<{ ino: number; dev: number }>,
  close: promisify(close),
}

// Who may read a log is the owner and his group: there are addresses in it.
const FILE_MODE = 0o640
const STDOUT = 1

/**
 * The process's standard output, through the thread pool: node's own stream writes to a pipe
 * within the turn and so waits for whoever does not read it.
 */
export class StdoutSink implements Sink {
  async open(): Promise<void> {}

  append(bytes: Buffer): Promise<Written> {
    return writeAll(STDOUT, bytes)
  }

  appendNow(bytes: Buffer): void {
    writeSync(STDOUT, bytes)
  }

  reopen(): void {}

  async close(): Promise<void> {}
}

/** A file that others may move away: it is opened anew when its path leads elsewhere. */
export class FileSink implements Sink {
  readonly #path: string
  #fd: number | undefined = undefined
  /** Which file was opened: another one at the path means that this one was moved away. */
  #ino = 0
  #dev = 0
  #mustReopen = false

  constructor(path: string) {
    this.#path = path
  }

  async open(): Promise<void> {
    await this.#current()
  }

  async append(bytes: Buffer): Promise<Written> {
    try {
      return await writeAll(await this.#current(), bytes)
    } catch (error: unknown) {
      return { bytes: 0, error: asError(error) }
    }
  }

  appendNow(bytes: Buffer): void {
    if (this.#fd !== undefined) writeSync(this.#fd, bytes)
  }

  reopen(): void {
    this.#mustReopen = true
  }

  async close(): Promise<void> {
    const fd = this.#fd
    this.#fd = undefined
    if (fd !== undefined) await files.close(fd)
  }

  async #current(): Promise<number> {
    if (this.#fd !== undefined && !this.#mustReopen && (await this.#isInPlace())) {
      return this.#fd
    }
    this.#mustReopen = false
    const fd = await files.open(this.#path, 'a', FILE_MODE)
    await this.close()
    const { ino, dev } = await files.fstat(fd)
    this.#fd = fd
    this.#ino = ino
    this.#dev = dev
    return fd
  }

  async #isInPlace(): Promise<boolean> {
    try {
      const { ino, dev } = await files.stat(this.#path)
      return ino === this.#ino && dev === this.#dev
    } catch {
      // The path leads nowhere: opening it makes a file, or says what is wrong.
      return false
    }
  }
}

async function writeAll(fd: number, bytes: Buffer): Promise<Written> {
  let written = 0
  try {
    while (written < bytes.length) {
      const { bytesWritten } = await files.write(fd, bytes.subarray(written))
      written += bytesWritten
    }
    return { bytes: written, error: undefined }
  } catch (error: unknown) {
    return { bytes: written, error: asError(error) }
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
