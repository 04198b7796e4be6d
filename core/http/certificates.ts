import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls'
import { certificatesIn, keyIn } from '../config/pem.ts'
import type { ResolvedCertificate, ResolvedTls } from '../config/resolved.ts'

/** What one reading of a listener's certificates gives; never changed, only replaced. */
export interface Certificates {
  /** For the server itself: clients without a name, or with one that nobody has. */
  readonly fallback: SecureContextOptions
  /** By the name asked for, exact ones and those behind the star of a wildcard, dot included. */
  readonly exact: ReadonlyMap<string, SecureContext>
  readonly below: ReadonlyMap<string, SecureContext>
}

/** Makes the contexts of a listener. @throws Error for a wrong key, or when there is no client CA */
export function certificatesOf(tls: ResolvedTls): Certificates {
  // OpenSSL takes a list of CAs that holds none, and node takes an empty text for the system's CAs.
  if (tls.clientCa !== undefined) certificatesIn(tls.clientCa)
  const exact = new Map<string, SecureContext>()
  const below = new Map<string, SecureContext>()
  for (const [name, certificate] of tls.sni) {
    const context = createSecureContext(optionsOf(tls, certificate))
    if (name.startsWith('*.')) below.set(name.slice(1), context)
    else exact.set(name, context)
  }
  const fallback = optionsOf(tls, tls.certificate)
  createSecureContext(fallback)
  return { fallback, exact, below }
}

/** The context for a name that a client asks for: exact, then the longest wildcard, as nginx. */
export function contextFor(
  { exact, below }: Certificates,
  asked: string,
): SecureContext | undefined {
  const name = asked.toLowerCase()
  const found = exact.get(name)
  if (found !== undefined || below.size === 0) return found
  for (let dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) {
    const wildcard = below.get(name.slice(dot))
    if (wildcard !== undefined) return wildcard
  }
  return undefined
}

/** The certificates that are expired, or not valid yet, at a time of the wall clock. */
export function invalidAt(tls: ResolvedTls, wallMs: number): string[] {
  return [tls.certificate, ...tls.sni.values()].flatMap(({ cert, place }) => {
    const [leaf] = certificatesIn(cert)
    if (leaf === undefined) return []
    if (leaf.validToDate.getTime() < wallMs) return [`${place}.cert expired on ${leaf.validTo}`]
    const isEarly = leaf.validFromDate.getTime() > wallMs
    return isEarly ? [`${place}.cert is not valid before ${leaf.validFrom}`] : []
  })
}

function optionsOf(tls: ResolvedTls, certificate: ResolvedCertificate): SecureContextOptions {
  const { cert, key, passphrase, place } = certificate
  const { clientCa, ciphers, minVersion } = tls
  const [leaf] = certificatesIn(cert)
  if (!leaf?.checkPrivateKey(keyIn(key, passphrase))) {
    throw new Error(`${place}.key does not belong to the certificate`)
  }
  return {
    cert: cert.text,
    key: key.text,
    minVersion,
    // Without it OpenSSL refuses to resume sessions of clients with certificates.
    sessionIdContext: 'sluice',
    ...(passphrase === '' ? {} : { passphrase }),
    ...(ciphers === '' ? {} : { ciphers }),
    ...(clientCa === undefined ? {} : { ca: clientCa.text }),
  }
}
