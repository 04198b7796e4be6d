import { createSecureContext } from 'node:tls'
import { certificatesOf } from '../http/certificates.ts'
import { meaningOf, PLAIN } from '../http/header-names.ts'
import { asObject, type Resolved } from './options.ts'
import { certificatesIn, keyIn, readPem } from './pem.ts'
import { dotted, type Problems } from './problems.ts'
import type { ResolvedCertificate, ResolvedPem, ResolvedRedirect, ResolvedTls } from './resolved.ts'
import { CERTIFICATE, HTTPS_REDIRECT, LISTENER_TLS } from './schema.ts'
import { shown, validate } from './validate.ts'

const LABEL = '[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?'
const SNI_NAME = new RegExp(`^(?:\\*\\.)?(?:${LABEL}\\.)*${LABEL}$`)

/** Validates a listener's `tls`: certificates are read and their keys tried. */
export function resolveTls(
  place: string,
  input: unknown,
  problems: Problems,
): ResolvedTls | undefined {
  if (input === undefined) return undefined
  const config = validate(LISTENER_TLS, input, (inside, sentence) =>
    problems.add(place + dotted(inside), sentence),
  ) as Resolved<typeof LISTENER_TLS> | undefined
  const sni = resolveNames(`${place}.sni`, asObject(asObject(input).sni), problems)
  if (config === undefined) return undefined
  const certificate = resolveCertificate(place, config, problems)
  const clientCa = config.clientCa === '' ? undefined : resolveCa(place, config.clientCa, problems)
  refuseIdleOptions(place, asObject(input), problems)
  if (config.clientCertHeader !== '' && meaningOf(config.clientCertHeader) !== PLAIN) {
    const got = shown(config.clientCertHeader)
    problems.add(`${place}.clientCertHeader`, `must be no header of the gateway's own, got ${got}`)
  }
  const { minVersion, ciphers, clientAuth, http2 } = config
  if (ciphers !== '' && !areCiphers(ciphers)) {
    problems.add(`${place}.ciphers`, `must be a list of OpenSSL's, got ${shown(ciphers)}`)
    return undefined
  }
  if (certificate === undefined) return undefined
  const clientCertHeader = config.clientCertHeader.toLowerCase()
  const rest = { clientCa, clientAuth, clientCertHeader, http2 }
  const tls = { certificate, sni, minVersion, ciphers, ...rest }
  // What OpenSSL itself finds wrong, such as a key that is too short for today.
  attempted(place, problems, () => certificatesOf(tls))
  return tls
}

/** Validates a listener's `redirect`. */
export function resolveRedirect(
  place: string,
  input: unknown,
  problems: Problems,
): ResolvedRedirect | undefined {
  if (input === undefined) return undefined
  const given = typeof input === 'string' ? { to: input } : input
  return validate(HTTPS_REDIRECT, given, (inside, sentence) =>
    problems.add(typeof input === 'string' ? place : place + dotted(inside), sentence),
  ) as ResolvedRedirect | undefined
}

function resolveNames(
  place: string,
  names: Record<string, unknown>,
  problems: Problems,
): Map<string, ResolvedCertificate> {
  const certificates = new Map<string, ResolvedCertificate>()
  for (const [name, input] of Object.entries(names)) {
    const here = `${place}[${JSON.stringify(name)}]`
    const lower = name.toLowerCase()
    if (!SNI_NAME.test(lower) || /^[\d.]+$/.test(lower)) {
      problems.add(here, 'is no name that a client can ask for, such as "*.example.com"')
    } else if (certificates.has(lower)) problems.add(here, 'the same name stands there already')
    const config = validate(CERTIFICATE, input, (inside, sentence) =>
      problems.add(here + dotted(inside), sentence),
    ) as Resolved<typeof CERTIFICATE> | undefined
    if (config === undefined) continue
    const certificate = resolveCertificate(here, config, problems)
    if (certificate !== undefined) certificates.set(lower, certificate)
  }
  return certificates
}

function resolveCertificate(
  place: string,
  config: Resolved<typeof CERTIFICATE>,
  problems: Problems,
): ResolvedCertificate | undefined {
  const { passphrase } = config
  const cert = attempted(`${place}.cert`, problems, () => readPem(config.cert))
  const key = attempted(`${place}.key`, problems, () => readPem(config.key))
  if (cert === undefined || key === undefined) return undefined
  const [leaf] = attempted(`${place}.cert`, problems, () => certificatesIn(cert)) ?? []
  const secret = attempted(`${place}.key`, problems, () => keyIn(key, passphrase))
  if (leaf === undefined || secret === undefined) return undefined
  if (leaf.checkPrivateKey(secret)) return { cert, key, passphrase, place }
  problems.add(`${place}.key`, `does not belong to the certificate at ${place}.cert`)
  return undefined
}

function resolveCa(place: string, written: string, problems: Problems): ResolvedPem | undefined {
  return attempted(`${place}.clientCa`, problems, () => {
    const pem = readPem(written)
    certificatesIn(pem)
    return pem
  })
}

/** Options that have no effect without another one are mistakes. */
function refuseIdleOptions(
  place: string,
  given: Record<string, unknown>,
  problems: Problems,
): void {
  if (given.clientCa !== undefined) return
  for (const key of ['clientAuth', 'clientCertHeader']) {
    if (given[key] !== undefined) problems.add(`${place}.${key}`, 'has no effect without clientCa')
  }
}

function areCiphers(ciphers: string): boolean {
  try {
    createSecureContext({ ciphers })
    return true
  } catch {
    return false
  }
}

function attempted<T>(place: string, problems: Problems, run: () => T): T | undefined {
  try {
    return run()
  } catch (error: unknown) {
    problems.add(place, error instanceof Error ? error.message : String(error))
    return undefined
  }
}
