import type { Duplex } from 'node:stream'
import type { Outcome } from '../contracts/flow.ts'
import type { Call, RawHeaders } from '../contracts/transport.ts'
import { endDeadline } from './deadline.ts'
import type { HttpExchange } from './exchange.ts'
import { headerIn } from './headers.ts'
import { LiveTunnel } from './live-tunnel.ts'

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
  if (client === null || client.destroyed || upstream.destroyed) {
    upstream.destroy()
    client?.destroy()
    return
  }
  exchange.isAnswered = true
  exchange.isTunnel = true
  endDeadline(exchange)
  exchange.answerEdits?.applyTo(headers)
  res.detachSocket(client)
  // What Fastify holds on to an answer with would live as long as the tunnel, its whole instance too.
  exchange.fastifyReply = undefined
  res.removeAllListeners()
  client.off('readable', readAhead).off('end', leave)
  client.write(headText(text, headers), 'latin1')
  const isWebSocket = headerIn(headers, 'upgrade')?.toLowerCase() === 'websocket'
  const recycle = (): void => call?.recycle()
  const over = (tunnel: LiveTunnel, outcome: Outcome): void => {
    tunnels.remove(tunnel)
    exchange.outcome = outcome
    finish(outcome)
    exchange.closed()
  }
  const tunnel = new LiveTunnel(exchange, client, upstream, isWebSocket, recycle, over)
  tunnel.start(exchange.earlyBytes)
  tunnels.add(tunnel)
}

function headText(text: string, headers: RawHeaders): string {
  let head = `HTTP/1.1 101 ${text}\r\n`
  for (let i = 0; i < headers.length; i += 2) head += `${headers[i]}: ${headers[i + 1]}\r\n`
  return `${head}\r\n`
}
