import { readFile, stat } from 'node:fs/promises'
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
    const text = await readFile(file, 'utf8')
    const after = await stampOf(file)
    if (after.text !== stamp.text) return { state: 'unsettled', againMs: SETTLE_MS }
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
    const found = await stat(file, { bigint: true })
    // A pipe would be read for ever.
    if (!found.isFile()) throw new Error('it is not a file')
    const { ino, size, mtimeNs, ctimeNs } = found
    return { inode: ino, text: `${ino}:${size}:${mtimeNs}:${ctimeNs}`, bytes: Number(size) }
  } catch (error: unknown) {
    if ((error as { code?: unknown }).code !== 'ENOENT') throw error
    return { inode: -1n, text: 'gone', bytes: -1 }
  }
}
