import type { Socket } from 'node:net'
import type { Peer } from '../contracts/peer.ts'
import { type Opened, plain } from './opening.ts'
import { type End, writeProxyHeader } from './proxy-header.ts'

/** Who is at the other end of a connection, by its own word in TLS and that of a proxy in front. */
export class ClientEnd implements Peer {
  readonly address: string
  readonly port: number
  readonly serverName: string
  readonly #alpn: readonly string[]
  readonly #client: Socket
  readonly #told: End | undefined

  constructor(client: Socket, { proxy, hello }: Opened) {
    const { remoteAddress = '', remotePort = 0 } = client
    const { address, port } = proxy?.source ?? { address: plain(remoteAddress), port: remotePort }
    this.address = address
    this.port = port
    this.serverName = hello?.serverName || proxy?.authority || ''
    this.#alpn = hello?.alpn ?? []
    this.#client = client
    this.#told = proxy?.destination
  }

  // Each is a question to the system, and few ask.
  #destination(): End {
    const { localAddress = '', localPort = 0 } = this.#client
    return this.#told ?? { address: plain(localAddress), port: localPort }
  }

  /** The header that tells an endpoint of it. */
  preamble(version: 'v1' | 'v2'): Buffer {
    const [alpn = ''] = this.#alpn
    return writeProxyHeader(version, this, this.#destination(), {
      serverName: this.serverName,
      alpn,
    })
  }
}
