/** Who is at the other end of a TCP connection or sends datagrams. */
export interface Peer {
  /** Its address, by word of a trusted proxy in front where there is one. */
  readonly address: string
  readonly port: number
}
