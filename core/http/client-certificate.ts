import type { X509Certificate } from 'node:crypto'
import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { ClientCertificate } from '../contracts/exchange.ts'

/** The certificate that a client proved to own and that verified; undefined without one. */
export function certificateOf(socket: Socket): ClientCertificate | undefined {
  const { authorized, getPeerX509Certificate } = socket as Partial<TLSSocket>
  if (authorized !== true) return undefined
  const certificate = getPeerX509Certificate?.call(socket as TLSSocket)
  return certificate === undefined ? undefined : describe(certificate)
}

/**
 * A distinguished name as a header can carry it: what is not ASCII becomes `\` and two hexadecimal
 * digits a byte of UTF-8, which RFC 4514 (2.4) lets stand for any character.
 */
export function headerSafe(name: string): string {
  return name.replace(/[^\x20-\x7e]/gu, (char) =>
    Array.from(Buffer.from(char), (byte) => `\\${byte.toString(16).padStart(2, '0')}`).join(''),
  )
}

function describe(certificate: X509Certificate): ClientCertificate {
  return {
    subject: distinguished(certificate.subject),
    issuer: distinguished(certificate.issuer),
    names: alternatives(certificate.subjectAltName ?? ''),
    fingerprint256: certificate.fingerprint256,
  }
}

// Node gives a line for each part, the broadest first, each escaped as RFC 2253 asks (newlines
// too); RFC 4514 has the narrowest first.
function distinguished(lines: string | undefined): string {
  return (lines ?? '').split('\n').reverse().join(',')
}

// `DNS:a.test, URI:"…"`: node quotes, as JSON, whatever a comma could be hidden in.
function alternatives(text: string): string[] {
  const pieces = text.match(/(?:"(?:\\.|[^"\\])*"|[^,"])+/g) ?? []
  return pieces.map((piece) => {
    const [, kind, quoted] = /^([^:]+:)("(?:.*)")$/.exec(piece.trim()) ?? []
    return quoted === undefined ? piece.trim() : kind + JSON.parse(quoted)
  })
}
