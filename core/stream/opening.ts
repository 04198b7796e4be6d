import type { Socket } from 'node:net'
import { type ClientHello, hostName, readClientHello } from './client-hello.ts'
import { peek } from './peek.ts'
import { type ProxyHeader, readProxyHeader } from './proxy-header.ts'
import type { TcpRoute } from './tcp-route.ts'
import type { TlsEntry } from './tls-entry.ts'

/** What the start of a connection says, before a byte of it is passed on. */
export interface Opened {
  readonly proxy: ProxyHeader | undefined
  /** Undefined where nobody asked, or what came is no TLS. */
  readonly hello: ClientHello | undefined
  /** What is to be passed on. */
  readonly early: Buffer
}

/** Why a connection is closed before anything was made of it. */
export type Unopened = 'no trusted proxy' | 'no PROXY header'

const NOTHING = Buffer.alloc(0)
// Ours is 1.8 KiB with a key that quantum computers do not break; nobody's is near this.
const MOST_HELLO = 16_384
const MOST_PROXY = 4_096

/** Whether the connections of a route say anything at their start. */
export function opens({ config, names }: TcpRoute): boolean {
  return config.proxies !== undefined || config.tls !== undefined || !names.isEmpty
}

/** Reads a PROXY header; `done` gets all bytes that came, the header first. Gives what stops it. */
export function peekProxy(
  client: Socket,
  done: (word: ProxyHeader | 'malformed', bytes: Buffer) => void,
): () => void {
  return peek<ProxyHeader>(client, NOTHING, MOST_PROXY, readProxyHeader, done)
}

/**
 * Reads the start of a connection; `done` is called once, with the socket that goes on: another one
 * where TLS ends here. Gives what stops it.
 */
export function openConnection(
  client: Socket,
  route: TcpRoute,
  tls: TlsEntry | undefined,
  done: (opened: Opened | Unopened, socket: Socket) => void,
): () => void {
  let stop = (): void => {}
  const readHello = (proxy: ProxyHeader | undefined, early: Buffer): void => {
    if (tls !== undefined) {
      if (early.length > 0) client.unshift(early)
      tls.begin(client, (socket) => {
        const { servername, alpnProtocol } = socket
        const serverName = hostName(typeof servername === 'string' ? servername : '')
        const alpn = typeof alpnProtocol === 'string' ? [alpnProtocol] : []
        done({ proxy, hello: { serverName, alpn }, early: NOTHING }, socket)
      })
    } else if (route.names.isEmpty) {
      done({ proxy, hello: undefined, early }, client)
    } else {
      stop = peek<ClientHello>(client, early, MOST_HELLO, readClientHello, (word, bytes) => {
        done({ proxy, hello: word === 'malformed' ? undefined : word, early: bytes }, client)
      })
    }
  }
  if (route.config.proxies === undefined) readHello(undefined, NOTHING)
  else if (!route.proxies.includes(plain(client.remoteAddress ?? ''))) {
    done('no trusted proxy', client)
  } else {
    stop = peekProxy(client, (word, bytes) => {
      if (word === 'malformed') done('no PROXY header', client)
      else readHello(word, bytes.subarray(word.length))
    })
  }
  return () => stop()
}

/** IPv4 in its own form even on an IPv6 socket. */
export function plain(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address
}
