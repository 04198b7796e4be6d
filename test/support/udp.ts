import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { once } from 'node:events'
import type { UdpListenerConfig, UpstreamConfig } from 'sluice'
import type { Gateway } from 'sluice/gateway'
import { roundRobin } from 'sluice/plugins'
import { waitFor } from './deadline.ts'
import { startGateway } from './start-gateway.ts'
import type { Teardown } from './teardown.ts'

/** Answers one datagram: whatever it gives goes back. */
type Answer = (datagram: Buffer, from: RemoteInfo, socket: Socket) => string | Buffer | undefined

/** An endpoint of datagrams that lives until the test is over. */
export class UdpEndpoint {
  readonly url: string
  readonly socket: Socket
  /** What came, in order, and from where. */
  readonly heard: { readonly text: string; readonly size: number; readonly from: RemoteInfo }[] = []

  private constructor(socket: Socket) {
    this.socket = socket
    this.url = `udp://127.0.0.1:${socket.address().port}`
  }

  static async start(t: Teardown, answer: Answer = echo): Promise<UdpEndpoint> {
    const socket = createSocket('udp4')
    socket.bind(0, '127.0.0.1')
    await once(socket, 'listening')
    const endpoint = new UdpEndpoint(socket)
    t.after(() => endpoint.close())
    socket.on('message', (datagram, from) => {
      endpoint.heard.push({ text: datagram.toString('latin1', 0, 64), size: datagram.length, from })
      const reply = answer(datagram, from, socket)
      if (reply !== undefined) socket.send(reply, from.port, from.address)
    })
    return endpoint
  }

  close(): void {
    try {
      this.socket.close()
    } catch {
      // By the test itself, before its end.
    }
  }
}

function echo(datagram: Buffer): Buffer {
  return datagram
}

/** A gateway with one UDP listener in front of endpoints. */
export function startUdpGateway(
  t: Teardown,
  endpoints: readonly string[],
  listener: Partial<UdpListenerConfig<'it'>> = {},
  upstream: Partial<UpstreamConfig> = {},
): Promise<{ readonly gateway: Gateway; readonly port: number }> {
  return startGateway<'it'>(t, {
    udp: [{ port: 0, host: '127.0.0.1', to: 'it', flow: 'oneShot', ...listener }],
    upstreams: { it: { endpoints, balance: roundRobin(), ...upstream } },
    shutdownTimeout: '100ms',
  })
}

/** A client with a port of its own, and what has come to it. */
export class UdpClient {
  readonly socket: Socket
  readonly heard: Buffer[] = []
  readonly #port: number

  private constructor(socket: Socket, port: number) {
    this.socket = socket
    this.#port = port
    socket.on('message', (datagram) => this.heard.push(datagram))
  }

  static async open(t: Teardown, port: number): Promise<UdpClient> {
    const socket = createSocket('udp4')
    socket.bind(0, '127.0.0.1')
    await once(socket, 'listening')
    t.after(() => socket.close())
    return new UdpClient(socket, port)
  }

  get texts(): string[] {
    return this.heard.map((datagram) => datagram.toString('latin1'))
  }

  send(datagram: string | Buffer): void {
    this.socket.send(datagram, this.#port, '127.0.0.1')
  }

  /** Waits for so many in all; gives them as text. */
  async received(count: number): Promise<string[]> {
    await waitFor(
      () => this.heard.length >= count,
      () => `${count} datagrams, got ${this.heard.length}`,
    )
    return this.texts
  }

  /** Sends one and waits for one more. */
  async ask(datagram: string | Buffer): Promise<string> {
    const before = this.heard.length
    this.send(datagram)
    const all = await this.received(before + 1)
    return all[before] ?? ''
  }
}

/** A port on loopback that nobody has. */
export async function refusingUrl(): Promise<string> {
  const socket = createSocket('udp4')
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const { port } = socket.address()
  socket.close()
  return `udp://127.0.0.1:${port}`
}
