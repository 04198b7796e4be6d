import type { Duplex } from 'node:stream'
import type { Outcome } from '../contracts/flow.ts'
import type { RawHeaders } from '../contracts/transport.ts'
import { neverTimeOut } from '../system/socket.ts'
import { endDeadline } from './deadline.ts'
import type { HttpExchange } from './exchange.ts'

/** The live tunnels of a gateway, which no HTTP server counts among its connections any more. */
export class Tunnels {
  readonly #open = new Set<Duplex>()

  get size(): number {
    return this.#open.size
  }

  add(socket: Duplex): void {
    this.#open.add(socket)
    socket.once('close', () => this.#open.delete(socket))
  }

  destroyAll(): void {
    for (const socket of this.#open) socket.destroy()
  }
}

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
 * Relays the endpoint's 101 and joins the two sockets. Bytes are spliced, never parsed: frames
 * keep their order and fragments. `finish` counts the flow when both sides are gone.
 */
export function splice(
  exchange: HttpExchange,
  text: string,
  headers: RawHeaders,
  upstream: Duplex,
  finish: (outcome: Outcome) => void,
): void {
  const { res, generation } = exchange
  const client = res.socket
  if (client === null || client.destroyed) {
    upstream.destroy()
    return
  }
  exchange.isAnswered = true
  exchange.isTunnel = true
  endDeadline(exchange)
  exchange.outcome = 'ok'
  generation.host.tunnels.add(client)
  exchange.answerEdits?.applyTo(headers)
  res.detachSocket(client)
  client.off('readable', readAhead).off('end', leave)
  neverTimeOut(client)
  client.write(headText(text, headers), 'latin1')
  const early = exchange.earlyBytes
  if (early.length > 0) upstream.write(early)
  client.pipe(upstream)
  upstream.pipe(client)
  const close = (): void => {
    client.destroy()
    upstream.destroy()
    finish('ok')
    exchange.closed()
  }
  client.on('error', close).on('close', close)
  upstream.on('error', close).on('close', close)
}

function headText(text: string, headers: RawHeaders): string {
  let head = `HTTP/1.1 101 ${text}\r\n`
  for (let i = 0; i < headers.length; i += 2) head += `${headers[i]}: ${headers[i + 1]}\r\n`
  return `${head}\r\n`
}
