import type { ListenerMinRate } from './limits.ts'
import type { ProxyProtocolConfig } from './tcp-config.ts'
import type { Duration, Size } from './units.ts'

/** Where the gateway takes HTTP requests. */
export interface ListenerConfig {
  /** 0 to 65535; 0 lets the system choose. */
  port: number
  /** The address to bind. `'0.0.0.0'` by default. */
  host?: string
  /**
   * CIDRs of proxies in front whose X-Forwarded-* are believed. None by default: what a client
   * sends is replaced.
   */
  trust?: readonly string[]
  /** For the whole head of a request to arrive. `'5s'` by default; a slower one gets 408. */
  headersTimeout?: Duration
  /** For a whole request, body included, to arrive; 0 for no limit. `'5m'` by default. */
  requestTimeout?: Duration
  /** For the next request on an idle connection. `'72s'` by default. */
  keepAliveTimeout?: Duration
  /** The size of a request's head; beyond it 431. `'16kb'` by default. */
  maxHeaderSize?: Size
  /** How fast a client must send a body and take an answer. */
  minRate?: ListenerMinRate
  /**
   * Open connections; one beyond is closed as soon as it is there. 0, the default, for any number.
   */
  maxConnections?: number
  /** Expects the PROXY protocol, version 1 or 2, of every client, before TLS where there is any. */
  proxyProtocol?: ProxyProtocolConfig
  /** Speaks TLS here, with HTTP/2 for clients that ask for it. */
  tls?: ListenerTlsConfig
  /** Sends every client to https instead of serving it. Not together with `tls`. */
  redirect?: 'https' | HttpsRedirectConfig
}

/** A certificate with its key. Files are read again when they change. */
export interface CertificateConfig {
  /** The certificate, then those between it and the root: a PEM file, or the PEM text itself. */
  cert: string
  /** Its private key: a PEM file, or the PEM text itself. */
  key: string
  /** Opens the key where it is encrypted. */
  passphrase?: string
}

/** How a listener speaks TLS. */
export interface ListenerTlsConfig {
  /**
   * The certificate, then those between it and the root: a PEM file, or the PEM text itself. For
   * clients that ask for no name, or for one that `sni` does not have.
   */
  cert: string
  /** Its private key: a PEM file, or the PEM text itself. */
  key: string
  /** Opens the key where it is encrypted. */
  passphrase?: string
  /**
   * Certificates by the name that the client asks for: `'a.example.com'`, or `'*.example.com'` for
   * every name below, at any depth. An exact name wins, then the longest wildcard.
   */
  sni?: Readonly<Record<string, CertificateConfig>>
  /** The oldest version spoken. `'TLSv1.2'` by default. */
  minVersion?: 'TLSv1.2' | 'TLSv1.3'
  /** Cipher suites in OpenSSL's notation, in place of Node's. */
  ciphers?: string
  /** Certificates that sign those of clients: a PEM file, or the PEM text itself. */
  clientCa?: string
  /**
   * With `clientCa`: `'require'` ends the handshake of a client without a certificate that
   * verifies, `'request'` serves it as one that showed none. `'require'` by default.
   */
  clientAuth?: 'require' | 'request'
  /**
   * The request header that tells endpoints the subject of a client certificate that verified. The
   * gateway removes it from what any client sends, on every listener.
   */
  clientCertHeader?: string
  /** Offers HTTP/2 beside HTTP/1.1; false leaves HTTP/1.1 alone. */
  http2?: boolean
}

/** Where a listener sends its clients. */
export interface HttpsRedirectConfig {
  /** The scheme of the new location. */
  to: 'https'
  /** The port in the new location. 443 by default. */
  port?: number
  /** `'by-method'`, the default, is 301 for GET and HEAD, 308 for other methods. */
  status?: 301 | 302 | 307 | 308 | 'by-method'
}
