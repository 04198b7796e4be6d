import type { Socket } from 'node:net'
import type { Host } from '../http/gateway-host.ts'
import type { TlsEntry } from './tls-entry.ts'
import type { Waiting } from './waiting-line.ts'

/** What a connection needs of its listener. */
export interface Entrance {
  readonly host: Host
  /** What ends TLS; undefined where none does. */
  readonly tls: TlsEntry | undefined
  /** Counts a connection of a client's address; false when that has too many. */
  admit(client: Socket, address: string): boolean
  /** Takes a place; false while the listener is full. */
  enter(): boolean
  leave(): void
  /** Waits until there may be a place; false when too many do. */
  wait(connection: Waiting): boolean
  stopWaiting(connection: Waiting): void
  /** Counts a connection that was closed before anything was made of it. */
  refused(reason: string): void
}
