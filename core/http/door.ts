import type { ResolvedDoor } from '../config/resolved.ts'
import type { Address } from './address.ts'
import type { Sockets } from './sockets.ts'

/** A port through which clients come in. */
export interface Door {
  readonly config: ResolvedDoor
  /** Open client connections. */
  readonly connections: number
  /** Starts accepting on a socket of `sockets`. @throws GatewayError `CANNOT_LISTEN` */
  listen(sockets: Sockets): Promise<Address>
  /** Takes what can change while listening; the config is of the same kind and address. */
  configure(config: ResolvedDoor): void
  /** Turns new connections away, or takes them again. */
  refuse(isRefusing: boolean): void
  /** Another process has the socket: leaves what comes in to it. Needed where stopping does not. */
  handOver?(): void
  /** Stops accepting; connections stay, those without a request too. */
  endAccepting(): void
  /** Asks the clients that are there now to connect anew, where their protocol can say so. */
  disperse(overMs: number): void
  /** Stops accepting and closes what is idle; what is in flight goes on. */
  stop(): void
  /** The same as `stop`, for an address that the config does not have any more. */
  drop(): void
  closeIdle(): void
  closeAll(): void
}
