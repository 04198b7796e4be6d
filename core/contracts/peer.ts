/** Who is at the other end of a TCP connection or sends datagrams. */
export interface Peer {
  /** Its address, by word of a trusted proxy in front where there is one. */
  readonly address: string
  readonly port: number
  /** The name that it asked for in TLS, in lower case, where the listener looks; empty for none. */
  readonly serverName?: string
}
