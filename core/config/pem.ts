import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { ResolvedPem } from './resolved.ts'

const BEGIN = /-----BEGIN (?:TRUSTED )?CERTIFICATE-----/g
const BLOCK =
  /-----BEGIN (?:TRUSTED )?CERTIFICATE-----[\s\S]*?-----END (?:TRUSTED )?CERTIFICATE-----/g

/** Reads what a config value names, or is. @throws Error that says why it cannot be read */
export function readPem(written: string): ResolvedPem {
  if (isPemText(written)) return { file: '', text: written }
  const file = resolve(written)
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error: unknown) {
    throw new Error(`cannot read ${file}: ${reason(error)}`, { cause: error })
  }
  if (!isPemText(text)) throw new Error(`${file} is not PEM, "-----BEGIN …"`)
  return { file, text }
}

/** Every certificate of a PEM text, in order. @throws Error when there is none, or a broken one */
export function certificatesIn({ file, text }: ResolvedPem): X509Certificate[] {
  const blocks = text.match(BLOCK) ?? []
  if (blocks.length === 0) throw new Error(`${named(file)} holds no certificate`)
  // OpenSSL passes over what is broken in a list of CAs, and everything behind it.
  if (blocks.length < (text.match(BEGIN)?.length ?? 0)) {
    throw new Error(`${named(file)}: a certificate is cut off`)
  }
  return blocks.map((block, index) => {
    try {
      return new X509Certificate(block)
    } catch (error: unknown) {
      throw new Error(`${named(file)}: certificate ${index + 1} is broken`, { cause: error })
    }
  })
}

/** The private key of a PEM text. @throws Error when it is none, or its passphrase is wrong */
export function keyIn({ file, text }: ResolvedPem, passphrase: string): KeyObject {
  try {
    return createPrivateKey(passphrase === '' ? { key: text } : { key: text, passphrase })
  } catch (error: unknown) {
    const isLocked = text.includes('ENCRYPTED')
    const why = isLocked ? 'is encrypted, and passphrase does not open it' : 'holds no private key'
    throw new Error(`${named(file)} ${why}`, { cause: error })
  }
}

function named(file: string): string {
  return file === '' ? 'the PEM text' : file
}

function reason(error: unknown): string {
  const code = (error as { code?: string }).code
  if (code === 'ENOENT') return 'no such file'
  if (code === 'EACCES') return 'permission denied'
  if (code === 'EISDIR') return 'it is a folder'
  return code ?? String(error)
}

/** Whether a config value is PEM text itself, and no path. */
function isPemText(written: string): boolean {
  return written.includes('-----BEGIN ')
}
