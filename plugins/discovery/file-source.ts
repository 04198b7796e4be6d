import type { BigIntStats } from 'node:fs'
import { type FileHandle, open, stat } from 'node:fs/promises'
import { endpointsIn, type Parse } from './document.ts'
import type { Sighting, Source } from './source.ts'

// Long enough for a program that writes a file in place to be done with it.
const SETTLE_MS = 100

export interface FileOptions {
  readonly file: string
  readonly interval: number
  readonly maxBytes: number
}

/** What tells one state of a file from another. */
interface Stamp {
  readonly inode: bigint
  readonly text: string
  readonly bytes: number
}

/**
 * Endpoints in a file. Looking misses nothing that notices of the system do, on mounts and behind links
 * (Kubernetes turns one to renew a ConfigMap), and costs one system call.
 */
export class FileSource implements Source {
  readonly name: string
  readonly retryMs: number
  readonly longestMs: number
  readonly #options: FileOptions
  readonly #parse: Parse
  /** Of what is in force. */
  #taken: Stamp | undefined = undefined
  /** Of the last look. */
  #seen = ''

  constructor(options: FileOptions, parse: Parse) {
    this.name = `the file ${options.file}`
    this.retryMs = options.interval
    this.longestMs = options.interval
    this.#options = options
    this.#parse = parse
  }

  async look(): Promise<Sighting> {
    const { file, interval, maxBytes } = this.#options
    const stamp = await stampOf(file)
    const isKnown = stamp.text === this.#seen
    this.#seen = stamp.text
    if (stamp.text === this.#taken?.text) return { state: 'unchanged', againMs: interval }
    if (!isKnown && this.#mayBeHalf(stamp)) return { state: 'unsettled', againMs: SETTLE_MS }
    if (stamp.bytes < 0) throw new Error('it is not there')
    if (stamp.bytes > maxBytes) throw new Error(`it is larger than ${maxBytes} bytes`)
    const text = await readAs(file, stamp)
    if (text === undefined) return { state: 'unsettled', againMs: SETTLE_MS }
    const endpoints = endpointsIn(await this.#parse(text))
    const accepted = (): void => {
      this.#taken = stamp
    }
    return { state: 'found', found: { endpoints, trouble: '', accepted }, againMs: interval }
  }

  // Half a YAML document is often a whole one. A file with another inode was put in its place whole;
  // one that is not there may be on its way.
  #mayBeHalf({ inode, bytes }: Stamp): boolean {
    return this.#taken !== undefined && (bytes < 0 || inode === this.#taken.inode)
  }
}

async function stampOf(file: string): Promise<Stamp> {
  try {
    return stampIn(await stat(file, { bigint: true }))
  } catch (error: unknown) {
    if (isMissing(error)) return { inode: -1n, text: 'gone', bytes: -1 }
    throw error
  }
}

function stampIn(found: BigIntStats): Stamp {
  // A pipe would be read for ever.
  if (!found.isFile()) throw new Error('it is not a file')
  const { ino, size, mtimeNs, ctimeNs } = found
  return { inode: ino, text: `${ino}:${size}:${mtimeNs}:${ctimeNs}`, bytes: Number(size) }
}

/** The text of a file; undefined if it is not, before and after it was read, the one looked at. */
async function readAs(file: string, stamp: Stamp): Promise<string | undefined> {
  let handle: FileHandle | undefined
  try {
    handle = await open(file)
    const before = stampIn(await handle.stat({ bigint: true }))
    if (before.text !== stamp.text) return undefined
    const text = await handle.readFile('utf8')
    const after = stampIn(await handle.stat({ bigint: true }))
    return after.text === stamp.text ? text : undefined
  } catch (error: unknown) {
    if (isMissing(error)) return undefined
    throw error
  } finally {
    await handle?.close()
  }
}

function isMissing(error: unknown): boolean {
  return (error as { code?: unknown }).code === 'ENOENT'
}
