import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'

/** Whether a text is PEM itself, and no path. */
export function isPem(text: string): boolean {
  return text.includes('-----BEGIN ')
}

/** What is wrong with the authorities that an option gives, as PEM or a file; undefined for nothing. */
export function authorityProblem(written: string): string | undefined {
  if (written === '') return undefined
  const file = isPem(written) ? 'the PEM text' : written
  try {
    const text = isPem(written) ? written : readFileSync(written, 'utf8')
    return new X509Certificate(text) && undefined
  } catch (error: unknown) {
    const code = (error as { code?: string }).code ?? ''
    if (code === 'ENOENT') return `is neither PEM nor a file that is there: ${file}`
    if (code === 'EACCES' || code === 'EISDIR') return `cannot be read: ${file} (${code})`
    return `must hold a certificate in PEM, ${file} holds none`
  }
}
