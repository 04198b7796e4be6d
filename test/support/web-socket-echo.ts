import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import WebSocket, { type ClientOptions, WebSocketServer } from 'ws'
import { within } from './deadline.ts'
import type { Teardown } from './teardown.ts'

/** A WebSocket endpoint that echoes every message. */
export interface EchoEndpoint {
  readonly url: string
  readonly sockets: WebSocketServer
  /** The requests of its upgrades, in order. */
  readonly asked: readonly IncomingMessage[]
}

/** Starts an endpoint that compresses all messages and speaks the subprotocol `chat`. */
export async function startEcho(t: Teardown): Promise<EchoEndpoint> {
  const server = createServer((_req, res) => res.end('ok')).listen(0, '127.0.0.1')
  const asked: IncomingMessage[] = []
  const sockets = new WebSocketServer({
    server,
    perMessageDeflate: { threshold: 0 },
    handleProtocols: (offered) => (offered.has('chat') ? 'chat' : false),
  })
  sockets.on('connection', (socket, request) => {
    asked.push(request)
    socket.on('error', () => undefined)
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }))
  })
  await once(server, 'listening')
  t.after(() => {
    for (const socket of sockets.clients) socket.terminate()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, sockets, asked }
}

/** Opens a WebSocket through a gateway. */
export async function openSocket(
  t: Teardown,
  port: number,
  options: ClientOptions = {},
  protocols: string[] = [],
): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/chat?a=b`, protocols, options)
  t.after(() => socket.terminate())
  await within(once(socket, 'open'), 'the WebSocket opens')
  return socket
}

/** Ends a WebSocket as a machine that loses its power does: without a word, by a reset. */
export function reset(socket: WebSocket): void {
  ;(socket as unknown as { _socket: Socket })._socket.resetAndDestroy()
}
