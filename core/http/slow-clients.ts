import type { Server, Socket } from 'node:net'
import { type TLSSocket, Server as TlsServer } from 'node:tls'
import type { Clock } from '../contracts/clock.ts'
import type { Logger } from '../contracts/logger.ts'
import { Connection } from './connection.ts'
import type { Surroundings } from './tls-front.ts'

/** How fast a client must be while something of its own is under way. */
export interface MinRate {
  /** Bytes a second; 0 for no limit. */
  readonly bytes: number
  /** How long it may do without them, in ms. */
  readonly grace: number
}

/** What is known of a client that keeps somebody waiting. */
interface Watched {
  read: number
  taken: number
  /** How long it may still stand still, in ms: each byte that moves adds its share. */
  slackMs: number
}

const SWEEP_MS = 1_000
// A gateway that stood still itself does not blame its clients for it.
const LONGEST_STEP_MS = 2 * SWEEP_MS

/**
 * Finds the clients that are too slow, once a second: those whose body arrives, or whose answer is
 * taken, at less than the rate. A leaky bucket as deep as the grace evens out stalls. Kestrel's
 * MinRequestBodyDataRate has the same figures; nothing happens per request.
 *
 * Not slow is who waits for us: whose body is held back, whose answer has not come yet, and tunnels.
 */
export class SlowClients {
  readonly #clock: Clock
  readonly #log: Logger
  #rate: MinRate
  readonly #sockets = new Set<Socket>()
  readonly #watched = new Map<Socket, Watched>()
  #sweptAt = 0
  #isSweeping = false

  constructor(server: Server, rate: MinRate, { clock, log }: Surroundings) {
    this.#rate = rate
    this.#clock = clock
    this.#log = log
    // Requests over TLS come on the socket that TLS makes of the connection.
    const event = server instanceof TlsServer ? 'secureConnection' : 'connection'
    server.on(event, (socket: Socket) => this.#add(socket))
  }

  configure(rate: MinRate): void {
    this.#rate = rate
    this.#watched.clear()
  }

  #add(socket: Socket): void {
    // Its streams have limits of their own (stream-pace.ts).
    if ((socket as Partial<TLSSocket>).alpnProtocol === 'h2') return
    this.#sockets.add(socket)
    socket.once('close', () => {
      this.#sockets.delete(socket)
      this.#watched.delete(socket)
    })
    if (this.#isSweeping) return
    this.#isSweeping = true
    this.#sweptAt = this.#clock.now()
    this.#clock.after(SWEEP_MS, this.#sweep)
  }

  readonly #sweep = (): void => {
    const now = this.#clock.now()
    const elapsedMs = Math.min(now - this.#sweptAt, LONGEST_STEP_MS)
    this.#sweptAt = now
    let cut = 0
    for (const socket of this.#sockets) if (this.#isTooSlow(socket, elapsedMs)) cut++
    if (cut > 0) this.#log.info({ clients: cut }, 'cut clients that were too slow')
    this.#isSweeping = this.#sockets.size > 0
    if (this.#isSweeping) this.#clock.after(SWEEP_MS, this.#sweep)
  }

  #isTooSlow(socket: Socket, elapsedMs: number): boolean {
    const connection = Connection.known(socket)
    const latest = connection?.latest
    if (latest === undefined || latest.isTunnel) return this.#spare(socket)
    const isHeldBack = latest.req.readableFlowing !== true
    const isArriving = !latest.isComplete && !isHeldBack
    if (!latest.isComplete && isHeldBack) lookAfter(socket)
    if (!isArriving && socket.writableLength === 0) return this.#spare(socket)
    if (this.#hasSlack(socket, elapsedMs)) return false
    this.#watched.delete(socket)
    const isAnswerable = isArriving && socket.writableLength === 0 && connection?.inflight !== 0
    if (isAnswerable && !latest.isAnswered) latest.breakOff('REQUEST_TIMEOUT')
    else reset(socket)
    return true
  }

  /** Nobody waits for this client. */
  #spare(socket: Socket): false {
    this.#watched.delete(socket)
    return false
  }

  #hasSlack(socket: Socket, elapsedMs: number): boolean {
    const { bytes, grace } = this.#rate
    if (bytes === 0) return true
    const read = socket.bytesRead
    const taken = socket.bytesWritten - socket.writableLength
    const watched = this.#watched.get(socket)
    if (watched === undefined) {
      this.#watched.set(socket, { read, taken, slackMs: grace })
      return true
    }
    const moved = read - watched.read + taken - watched.taken
    watched.read = read
    watched.taken = taken
    watched.slackMs = Math.min(grace, watched.slackMs - elapsedMs + (moved * 1_000) / bytes)
    return watched.slackMs > 0
  }
}

/**
 * A socket that is not read does not tell that its client has reset it. A write of nothing asks the
 * kernel, and sends nothing.
 */
function lookAfter(socket: Socket): void {
  if (socket.writable && socket.writableLength === 0) socket.write('')
}

/** Also gives back at once what the kernel holds for the client; TLS has no way to ask for it. */
function reset(socket: Socket): void {
  if ('encrypted' in socket) socket.destroy()
  else socket.resetAndDestroy()
}
