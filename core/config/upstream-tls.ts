import { certificatesIn, keyIn, readPem } from './pem.ts'
import type { Problems } from './problems.ts'
import type { ResolvedPem } from './resolved.ts'

/** What TLS to an upstream reads from PEM: texts, whatever the config gave; empty for none. */
export interface UpstreamPem {
  readonly ca: string
  readonly cert: string
  readonly key: string
}

/** Reads the PEM texts and files of an upstream's `tls`, and says what is wrong with each. */
export function resolveUpstreamTls(
  place: string,
  given: Readonly<Record<string, unknown>>,
  problems: Problems,
): UpstreamPem {
  const ca = read(`${place}.ca`, given.ca, problems)
  const cert = read(`${place}.cert`, given.cert, problems)
  const key = read(`${place}.key`, given.key, problems)
  attempted(`${place}.ca`, problems, () => ca && certificatesIn(ca))
  const [leaf] = attempted(`${place}.cert`, problems, () => cert && certificatesIn(cert)) ?? []
  const secret = attempted(`${place}.key`, problems, () => key && keyIn(key, ''))
  if (isGiven(given.cert) !== isGiven(given.key)) {
    const missing = isGiven(given.cert) ? 'key' : 'cert'
    problems.add(place, `"${missing}" is missing: a certificate and its key come together`)
  } else if (leaf !== undefined && secret !== undefined && !leaf.checkPrivateKey(secret)) {
    problems.add(`${place}.key`, `does not belong to the certificate at ${place}.cert`)
  }
  return { ca: ca?.text ?? '', cert: cert?.text ?? '', key: key?.text ?? '' }
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== ''
}

function read(place: string, value: unknown, problems: Problems): ResolvedPem | undefined {
  if (typeof value !== 'string' || value === '') return undefined
  return attempted(place, problems, () => readPem(value))
}

function attempted<T>(place: string, problems: Problems, run: () => T): T | undefined {
  try {
    return run()
  } catch (error: unknown) {
    problems.add(place, error instanceof Error ? error.message : String(error))
    return undefined
  }
}
