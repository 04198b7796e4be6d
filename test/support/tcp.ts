import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import type { TcpListenerConfig, UpstreamConfig } from 'sluice'
import type { Gateway } from 'sluice/gateway'
import { roundRobin } from 'sluice/plugins'
import { within } from './deadline.ts'
import { startGateway } from './start-gateway.ts'
import type { Teardown } from './teardown.ts'

/** An endpoint of layer 4 that lives until the test is over. */
export interface TcpEndpoint {
  readonly url: string
  readonly server: Server
  /** Its connections, in order of arrival; closed ones stay. */
  readonly sockets: readonly Socket[]
}

/** Serves each connection with a function; it echoes by default. */
export async function startTcpEndpoint(
  t: Teardown,
  serve: (socket: Socket) => void = (socket) => socket.pipe(socket),
): Promise<TcpEndpoint> {
  const sockets: Socket[] = []
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.push(socket)
    socket.on('error', () => undefined)
    serve(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return { url: `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`, server, sockets }
}

/** A gateway with one TCP listener in front of endpoints. */
export function startTcpGateway(
  t: Teardown,
  endpoints: readonly string[],
  listener: Partial<TcpListenerConfig<'it'>> = {},
  upstream: Partial<UpstreamConfig> = {},
): Promise<{ readonly gateway: Gateway; readonly port: number }> {
  return startGateway<'it'>(t, {
    tcp: [{ port: 0, host: '127.0.0.1', to: 'it', ...listener }],
    upstreams: { it: { endpoints, balance: roundRobin(), ...upstream } },
    shutdownTimeout: '500ms',
  })
}

/** A client that is connected, with what it has received. */
export class TcpClient {
  readonly socket: Socket
  readonly #chunks: Buffer[] = []
  readonly #ended: Promise<unknown>
  readonly #closed: Promise<unknown>
  error: (Error & { code?: string }) | undefined = undefined
  #bytes = 0
  #wake: () => void = () => undefined

  private constructor(socket: Socket) {
    this.socket = socket
    this.#ended = new Promise((resolve) => socket.once('end', resolve))
    this.#closed = new Promise((resolve) => socket.once('close', resolve))
    socket.on('error', (error) => {
      this.error = error
    })
    socket.on('data', (chunk) => {
      this.#chunks.push(chunk)
      this.#bytes += chunk.length
      this.#wake()
    })
  }

  static async connect(t: Teardown, port: number, localAddress?: string): Promise<TcpClient> {
    const from = localAddress === undefined ? {} : { localAddress }
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true, ...from })
    const client = new TcpClient(socket)
    t.after(() => socket.destroy())
    await within(once(socket, 'connect'), 'a connection')
    return client
  }

  get text(): string {
    return Buffer.concat(this.#chunks).toString('latin1')
  }

  /** Waits until so many bytes have come in all. */
  async received(bytes: number): Promise<string> {
    while (this.#bytes < bytes) {
      const more = new Promise<void>((resolve) => {
        this.#wake = resolve
      })
      await within(more, `${bytes} bytes, got ${this.#bytes}`)
    }
    return this.text
  }

  /** Waits for the other side's end; gives everything that came. */
  async end(): Promise<string> {
    await within(this.#ended, 'the end')
    return this.text
  }

  closed(): Promise<unknown> {
    return within(this.#closed, 'the connection is closed')
  }
}
