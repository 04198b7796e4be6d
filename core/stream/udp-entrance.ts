import type { RemoteInfo } from 'node:dgram'
import type { Host } from '../http/gateway-host.ts'
import type { EndpointSockets } from './endpoint-sockets.ts'
import type { ExpiryLine } from './expiry-line.ts'

/** What a flow of datagrams needs of its listener. */
export interface UdpEntrance {
  readonly host: Host
  readonly sockets: EndpointSockets
  /** Those that wait for a reply. */
  readonly replies: ExpiryLine
  /** Sends a datagram to a client. */
  reply(client: RemoteInfo, datagram: Buffer): void
  /** A flow is over: its place is free. */
  leave(client: RemoteInfo): void
  /** Counts datagrams that got nowhere. */
  refused(reason: string): void
}
