import type { Socket } from 'node:net'
import type { Summary } from '../contracts/exchange.ts'
import type { HttpExchange } from './exchange.ts'
import { writtenTo } from './written-bytes.ts'

/** What a tunnel's socket had moved when the tunnel began. */
export interface TunnelStart {
  readonly read: number
  readonly written: number
}

/** Where a tunnel begins on its client's socket: behind both heads. */
export function tunnelStart(client: Socket, early: Buffer): TunnelStart {
  const unread = early.length + client.readableLength
  return { read: client.bytesRead - unread, written: client.bytesWritten }
}

/** What is known of an exchange at this moment. */
export function summarise(exchange: HttpExchange): Summary {
  const { req, res, flow, tunnel } = exchange
  const finishedAt = exchange.generation.host.clock.now()
  const isSent = exchange.isAnswered || res.headersSent
  return {
    status: statusOf(exchange),
    attempts: flow.attempt,
    received:
      tunnel === undefined
        ? (exchange.outgoingBody?.bytes ?? 0)
        : req.socket.bytesRead - tunnel.read,
    sent: tunnel === undefined ? sentBy(exchange) : req.socket.bytesWritten - tunnel.written,
    startedAt: exchange.startedAt,
    // A native plugin's own answer is noticed at its end.
    firstByteAt: isSent ? exchange.firstByteAt || flow.answeredAt || finishedAt : 0,
    finishedAt,
    version: req.httpVersion,
    isTunnel: exchange.isTunnel,
  }
}

function statusOf({ isTunnel, res }: HttpExchange): number {
  if (isTunnel) return 101
  return res.headersSent ? res.statusCode : 0
}

function sentBy({ route, res, sent }: HttpExchange): number {
  return route.isFull ? (writtenTo(res) ?? sent) : sent
}
