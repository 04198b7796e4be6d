import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Outcome } from '../contracts/flow.ts'
import type { Call, RawHeaders } from '../contracts/transport.ts'
import { neverTimeOut } from '../system/socket.ts'
import type { LiveEndpoint } from '../upstream/endpoint.ts'
import type { HttpExchange } from './exchange.ts'
import { headerIn } from './headers.ts'
import { Lane } from './lane.ts'
import { closeFrame, FrameTracker, maskedFrame } from './web-socket-frames.ts'

// The kernel asks a silent peer whether it is still there, so that a dead one need not wait for the
// idle timeout.
const PROBE_AFTER_MS = 60_000

/** The two sockets of one upgrade, joined. */
export class Tunnel {
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
    recycle: (chunk: Buffer) => void,
    onOver: (tunnel: Tunnel, outcome: Outcome) => void,
  ) {
    const { flow } = exchange
    this.endpoint = flow.endpoint
    this.idleTimeoutMs = flow.live.tunnelTimeoutMs
    this.#client = client
    this.#upstream = upstream
    this.#onOver = (outcome) => onOver(this, outcome)
    this.#up = new Lane(client, upstream, isWebSocket ? new FrameTracker() : undefined, ignore)
    this.#down = new Lane(upstream, client, isWebSocket ? new FrameTracker() : undefined, recycle)
  }

  /** Bytes that came so far, both ways. */
  get bytes(): number {
    return this.#up.bytes + this.#down.bytes
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

/** A close frame for each side. */
export interface Goodbye {
  readonly toClient: Buffer
  readonly toEndpoint: Buffer
}

/** "Service Restart": reconnect, after a random wait (the IANA registry of close codes). */
export const RESTARTS = goodbye(1012, 'service restart')

/** "Going Away". */
export const IDLE = goodbye(1001, 'idle timeout')

/**
 * Reads on while the endpoint of an upgrade makes up its mind, so that a client that goes away is
 * noticed. What it sends meanwhile stays in the socket's buffer, up to that buffer's size.
 */
export function lookOut(client: Duplex): void {
  client.on('readable', readAhead).on('end', leave)
}

function readAhead(this: Duplex): void {
  this.read(0)
}

function leave(this: Duplex): void {
  this.destroy()
}

/**
 * Relays the endpoint's 101 and joins the two sockets. Bytes are spliced, never re-framed: frames
 * keep their order and fragments. `finish` counts the flow when both sides are gone.
 */
export function splice(
  exchange: HttpExchange,
  text: string,
  headers: RawHeaders,
  upstream: Duplex,
  call: Pick<Call, 'recycle'> | undefined,
  finish: (outcome: Outcome) => void,
): void {
  const { res, generation } = exchange
  const { tunnels } = generation.host
  const client = res.socket
  if (client === null || client.destroyed) {
    upstream.destroy()
    return
  }
  exchange.isAnswered = true
  exchange.isTunnel = true
  exchange.answerEdits?.applyTo(headers)
  res.detachSocket(client)
  client.off('readable', readAhead).off('end', leave)
  client.write(headText(text, headers), 'latin1')
  const isWebSocket = headerIn(headers, 'upgrade')?.toLowerCase() === 'websocket'
  const recycle = (chunk: Buffer): void => call?.recycle(chunk)
  const over = (tunnel: Tunnel, outcome: Outcome): void => {
    tunnels.remove(tunnel)
    exchange.outcome = outcome
    finish(outcome)
    exchange.closed()
  }
  const tunnel = new Tunnel(exchange, client, upstream, isWebSocket, recycle, over)
  tunnel.start(exchange.earlyBytes)
  tunnels.add(tunnel)
}

function ready(socket: Duplex): void {
  // An end goes on as an end, and the other direction lives.
  socket.allowHalfOpen = true
  if (!(socket instanceof Socket)) return
  neverTimeOut(socket)
  socket.setNoDelay(true).setKeepAlive(true, PROBE_AFTER_MS)
}

function headText(text: string, headers: RawHeaders): string {
  let head = `HTTP/1.1 101 ${text}\r\n`
  for (let i = 0; i < headers.length; i += 2) head += `${headers[i]}: ${headers[i + 1]}\r\n`
  return `${head}\r\n`
}

// Masking keeps a page's script from choosing the bytes on the wire (RFC 6455, 10.3): these are
// fixed, so any key will do.
function goodbye(code: number, reason: string): Goodbye {
  const toClient = closeFrame(code, reason)
  return { toClient, toEndpoint: maskedFrame(toClient, 0x5a17_9c3e) }
}

function ignore(): void {}
