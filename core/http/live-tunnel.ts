import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Outcome } from '../contracts/flow.ts'
import { neverTimeOut } from '../system/socket.ts'
import type { LiveEndpoint } from '../upstream/endpoint.ts'
import type { HttpExchange } from './exchange.ts'
import { type Goodbye, RESTARTS } from './goodbye.ts'
import { Lane } from './lane.ts'
import type { Lasting } from './lasting.ts'
import { FrameTracker } from './web-socket-frames.ts'

// The kernel asks a silent peer whether it is still there, so that a dead one need not wait for the
// idle timeout.
const PROBE_AFTER_MS = 60_000

/** The two sockets of one upgrade, joined. */
export class LiveTunnel implements Lasting {
  readonly endpoint: LiveEndpoint | undefined
  /** After so much silence both ways it is cut; 0 for never. */
  readonly idleTimeoutMs: number
  /** What the sweep over all tunnels saw last: bytes, and since when there are no more. */
  seenBytes = -1
  quietSince = 0
  readonly #client: Duplex
  readonly #upstream: Duplex
  readonly #up: Lane
  readonly #down: Lane
  readonly #onOver: (outcome: Outcome) => void
  #outcome: Outcome = 'ok'
  #isTold = false
  #open = 2

  constructor(
    exchange: HttpExchange,
    client: Duplex,
    upstream: Duplex,
    isWebSocket: boolean,
    recycle: () => void,
    onOver: (tunnel: LiveTunnel, outcome: Outcome) => void,
  ) {
    const { flow, brakes } = exchange
    this.endpoint = flow.endpoint
    this.idleTimeoutMs = flow.live.tunnelTimeoutMs
    this.#client = client
    this.#upstream = upstream
    this.#onOver = (outcome) => onOver(this, outcome)
    this.#up = new Lane(
      client,
      upstream,
      isWebSocket ? new FrameTracker() : undefined,
      ignore,
      brakes?.up,
    )
    this.#down = new Lane(
      upstream,
      client,
      isWebSocket ? new FrameTracker() : undefined,
      recycle,
      brakes?.down,
    )
  }

  /** Bytes that came from the client so far. */
  get bytesUp(): number {
    return this.#up.bytes
  }

  /** Bytes that came from the endpoint so far. */
  get bytesDown(): number {
    return this.#down.bytes
  }

  /** Whether one side has said that it is about to go. */
  get isEnding(): boolean {
    return this.#up.isEnding || this.#down.isEnding
  }

  /** Begins to join the sockets. `early` came from the client behind its request. */
  start(early: Buffer): void {
    const client = this.#client
    const upstream = this.#upstream
    ready(client)
    ready(upstream)
    client.on('end', () => this.#clientEnded())
    upstream.on('end', () => this.#down.end())
    client.on('error', () => this.#failed('client-abort'))
    upstream.on('error', () => this.#failed('upstream-error'))
    client.on('close', () => this.#closed(this.#up, upstream))
    upstream.on('close', () => this.#closed(this.#down, client))
    if (early.length > 0) this.#up.take(early)
    this.#up.start()
    this.#down.start()
  }

  /**
   * Asks the client of a WebSocket to go: it gets a close frame of the gateway's, and its own in
   * answer, with all that it sent before, goes to the endpoint as any bytes do. True if it could
   * be asked.
   */
  tell(goodbye: Goodbye): boolean {
    const isTold = this.#down.close(goodbye.toClient)
    this.#isTold ||= isTold
    return isTold
  }

  /** Ends it now. The sides of a WebSocket get close frames where no other frame is under way. */
  cut(goodbye: Goodbye): void {
    this.#down.close(goodbye.toClient)
    this.#up.close(goodbye.toEndpoint)
    this.#failed('local')
  }

  // The endpoint is not left without a close frame by a client that leaves without one.
  #clientEnded(): void {
    if (this.#isTold) this.#up.close(RESTARTS.toEndpoint)
    this.#up.end()
  }

  #failed(outcome: Outcome): void {
    if (this.#outcome === 'ok') this.#outcome = outcome
    this.#client.destroy()
    this.#upstream.destroy()
  }

  /** One side is gone. What it sent before it ended still goes out to the other. */
  #closed(lane: Lane, other: Duplex): void {
    this.#open--
    if (this.#open === 0) this.#onOver(this.#outcome)
    else if (!lane.isEnded || other.writableFinished) other.destroy()
    else other.once('finish', other.destroy).resume()
  }
}

function ready(socket: Duplex): void {
  // An end goes on as an end, and the other direction lives.
  socket.allowHalfOpen = true
  if (!(socket instanceof Socket)) return
  neverTimeOut(socket)
  socket.setNoDelay(true).setKeepAlive(true, PROBE_AFTER_MS)
}

function ignore(): void {}
