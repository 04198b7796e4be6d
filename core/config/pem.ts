import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'

const PEM = /-----BEGIN [A-Z0-9 ]+-----/
const LINES = /[\r\n]/

/**
 * The PEM text that a config gave, or that stands in the file it names, relative to the directory
 * that the gateway runs in. Empty after `report` was told why there is none.
 */
export function readPem(given: string, report: (sentence: string) => void): string {
  // No path has lines, and no PEM is without.
  if (PEM.test(given) || LINES.test(given)) return given
  try {
    return readFileSync(given, 'utf8')
  } catch (error: unknown) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unreadable'
    // It may be a key without its lines: no error repeats one.
    const shown = given.length > 200 ? 'this text' : `"${given}"`
    report(`must be PEM or the path of a readable file, ${shown} is neither (${code})`)
    return ''
  }
}

/** Whether every certificate in a text can be read, one at least. */
export function isCertificate(pem: string): boolean {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? []
  try {
    for (const block of blocks) new X509Certificate(block)
    return blocks.length > 0
  } catch {
    return false
  }
}

/** The private key in a text; undefined where there is none that needs no passphrase. */
export function readKey(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem)
  } catch {
    return undefined
  }
}

/** Whether a private key belongs to the first certificate of a chain. */
export function isKeyOf(cert: string, key: string): boolean {
  const privateKey = readKey(key)
  return privateKey !== undefined && new X509Certificate(cert).checkPrivateKey(privateKey)
}
