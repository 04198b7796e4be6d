import type { IncomingMessage, ServerResponse } from 'node:http'

/**
 * A port of a plugin's own, plain HTTP/1.1, for those who run the gateway and not for its clients.
 * Core opens it with the gateway's listeners, keeps its socket through reloads and upgrades for as
 * long as host and port stay, and closes it last: what asks for a stop still gets its answer.
 */
export interface SidePort {
  readonly host: string
  /** 0 for one that the system chooses; the log tells which. */
  readonly port: number
  /** Answers one request. Heads are limited to 16 KiB, bodies by nothing but this function. */
  handle(request: IncomingMessage, response: ServerResponse): void
}
