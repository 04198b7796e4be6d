import type { Server } from 'node:http'
import type { ResolvedListener } from '../config/resolved.ts'
import { ConnectionLimit } from './connection-limit.ts'
import { SlowClients } from './slow-clients.ts'
import type { Surroundings } from './tls-front.ts'

/** What one listener asks of its clients: that they be not too many, and not too slow. */
export class ClientLimits {
  readonly #slow: SlowClients
  readonly #count: ConnectionLimit

  /** `closeIdle` lets go of clients that have nothing under way. */
  constructor(
    server: Server,
    config: ResolvedListener,
    around: Surroundings,
    closeIdle: () => void,
  ) {
    this.#slow = new SlowClients(server, config.minRate, around)
    this.#count = new ConnectionLimit(server, config, around, closeIdle)
  }

  configure(config: ResolvedListener): void {
    this.#slow.configure(config.minRate)
    this.#count.configure(config.maxConnections)
  }

  /** Turns new connections away, or takes them again. */
  refuse(isRefusing: boolean): void {
    this.#count.close(isRefusing)
  }
}
