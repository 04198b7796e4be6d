import { readFile, stat } from 'node:fs/promises'
import type { ResolvedCertificate, ResolvedPem, ResolvedTls } from '../config/resolved.ts'
import type { Cancel, Clock } from '../contracts/clock.ts'
import type { Logger } from '../contracts/logger.ts'
import { type Certificates, certificatesOf, invalidAt } from './certificates.ts'

// fs.watch misses what mounts and network file systems do; looking is cheap and never misses.
const LOOK_EVERY_MS = 3_000

/**
 * Looks for changes of a listener's certificate files and hands on what they hold, once all of it
 * fits together. Until then what was there stays in force.
 */
export class CertificateWatch {
  readonly #clock: Clock
  readonly #log: Logger
  readonly #renewed: (certificates: Certificates, tls: ResolvedTls) => void
  #tls: ResolvedTls
  #seen = ''
  #cancel: Cancel

  constructor(
    tls: ResolvedTls,
    clock: Clock,
    log: Logger,
    renewed: (certificates: Certificates, tls: ResolvedTls) => void,
  ) {
    this.#tls = tls
    this.#clock = clock
    this.#log = log
    this.#renewed = renewed
    this.#cancel = this.#later()
    this.#warn()
  }

  /** Watches the files of another config from now on. */
  follow(tls: ResolvedTls): void {
    this.#tls = tls
    this.#seen = ''
    this.#warn()
  }

  close(): void {
    this.#cancel()
    this.#cancel = () => {}
  }

  #later(): Cancel {
    let isCancelled = false
    const cancel = this.#clock.after(LOOK_EVERY_MS, () => {
      this.#look().then(() => {
        if (!isCancelled) this.#cancel = this.#later()
      })
    })
    return () => {
      isCancelled = true
      cancel()
    }
  }

  async #look(): Promise<void> {
    const watched = this.#tls
    const files = filesOf(watched)
    if (files.length === 0) return
    const stamps = (await Promise.all(files.map(stampOf))).join()
    if (stamps === this.#seen || watched !== this.#tls) return
    this.#seen = stamps
    try {
      const read = await reread(watched)
      // A reload came while the files were read: it has read them itself.
      if (watched !== this.#tls || isSame(read, watched)) return
      const certificates = certificatesOf(read)
      this.#tls = read
      this.#renewed(certificates, read)
      this.#log.info({ files }, 'the certificates of a listener were renewed')
      this.#warn()
    } catch (error: unknown) {
      this.#log.error({ err: error, files }, 'new certificates cannot be used: the old ones stay')
    }
  }

  #warn(): void {
    for (const sentence of invalidAt(this.#tls, this.#clock.wall())) this.#log.warn(sentence)
  }
}

function filesOf(tls: ResolvedTls): string[] {
  const files = pemsOf(tls).map(({ file }) => file)
  return [...new Set(files)].filter((file) => file !== '')
}

function pemsOf({ certificate, sni, clientCa }: ResolvedTls): ResolvedPem[] {
  const pems = [certificate, ...sni.values()].flatMap(({ cert, key }) => [cert, key])
  return clientCa === undefined ? pems : [...pems, clientCa]
}

// A link that is turned to another file, as Kubernetes does it, changes the inode.
async function stampOf(file: string): Promise<string> {
  try {
    const { mtimeMs, size, ino } = await stat(file)
    return `${mtimeMs}:${size}:${ino}`
  } catch (error: unknown) {
    return String((error as { code?: string }).code)
  }
}

async function reread(tls: ResolvedTls): Promise<ResolvedTls> {
  const { clientCa } = tls
  const sni = new Map<string, ResolvedCertificate>()
  for (const [name, certificate] of tls.sni) sni.set(name, await renewed(certificate))
  return {
    ...tls,
    certificate: await renewed(tls.certificate),
    sni,
    clientCa: clientCa === undefined ? undefined : await fresh(clientCa),
  }
}

async function renewed(certificate: ResolvedCertificate): Promise<ResolvedCertificate> {
  return {
    ...certificate,
    cert: await fresh(certificate.cert),
    key: await fresh(certificate.key),
  }
}

async function fresh(pem: ResolvedPem): Promise<ResolvedPem> {
  if (pem.file === '') return pem
  return { file: pem.file, text: await readFile(pem.file, 'utf8') }
}

function isSame(a: ResolvedTls, b: ResolvedTls): boolean {
  const texts = pemsOf(b).map(({ text }) => text)
  return pemsOf(a).every(({ text }, index) => text === texts[index])
}
