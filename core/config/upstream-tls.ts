import { isCertificate, isKeyOf, readKey, readPem } from './pem.ts'
import type { Problems } from './problems.ts'

/** What TLS to an upstream reads from PEM: texts, whatever the config gave. */
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
  if (ca !== '') checkCertificates(`${place}.ca`, ca, problems)
  const isCertFine = cert !== '' && checkCertificates(`${place}.cert`, cert, problems)
  const isKeyFine = key !== '' && checkKey(`${place}.key`, key, problems)
  if (isGiven(given.cert) !== isGiven(given.key)) {
    const missing = isGiven(given.cert) ? 'key' : 'cert'
    problems.add(`${place}`, `"${missing}" is missing; a certificate and its key come together`)
  } else if (isCertFine && isKeyFine && !isKeyOf(cert, key)) {
    problems.add(`${place}.key`, 'must be the private key of the certificate in "cert"')
  }
  return { ca, cert, key }
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== ''
}

function read(place: string, value: unknown, problems: Problems): string {
  if (typeof value !== 'string' || value === '') return ''
  return readPem(value, (sentence) => problems.add(place, sentence))
}

function checkCertificates(place: string, pem: string, problems: Problems): boolean {
  const isFine = isCertificate(pem)
  if (!isFine) problems.add(place, 'must be certificates in PEM, "-----BEGIN CERTIFICATE-----" …')
  return isFine
}

function checkKey(place: string, pem: string, problems: Problems): boolean {
  const isFine = readKey(pem) !== undefined
  if (!isFine) {
    problems.add(
      place,
      'must be an unencrypted private key in PEM, "-----BEGIN PRIVATE KEY-----" …',
    )
  }
  return isFine
}
