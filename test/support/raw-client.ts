import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { DEADLINE_MS, within } from './deadline.ts'
import { type Framing, type Message, MessageReader } from './message-reader.ts'
import type { Teardown } from './teardown.ts'

/** A client that sends the bytes it is given and nothing else. */
export class RawClient {
  readonly socket: Socket
  readonly #reader: MessageReader
  readonly #closed: Promise<unknown>

  private constructor(socket: Socket) {
    this.socket = socket
    this.#reader = new MessageReader(socket)
    this.#closed = new Promise((resolve) => socket.once('close', resolve))
  }

  static async connect(t: Teardown, port: number, host = '127.0.0.1'): Promise<RawClient> {
    const socket = connect({ port, host, allowHalfOpen: true, noDelay: true })
    socket.on('error', () => undefined)
    t.after(() => socket.destroy())
    const client = new RawClient(socket)
    await within(once(socket, 'connect'), 'a connection')
    return client
  }

  /** Text is sent as latin1. */
  send(bytes: string | Buffer): this {
    this.socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes)
    return this
  }

  /** The next answer; undefined when the connection ended before it. */
  answer(framing?: Framing): Promise<Message | undefined> {
    return this.#reader.next(framing)
  }

  /** The head of the next answer; what follows is left for `rest`. */
  head(): Promise<Message | undefined> {
    return this.#reader.head()
  }

  /** So many bytes as text; fewer when the connection ends before. */
  bytes(count: number): Promise<string> {
    return this.#reader.bytes(count)
  }

  /** Bytes that came so far. */
  get received(): number {
    return this.#reader.received
  }

  /** From now on what comes is counted and dropped. */
  discard(): void {
    this.#reader.discard()
  }

  /** Whatever else comes until the gateway ends the connection. */
  rest(deadlineMs?: number): Promise<string> {
    return this.#reader.rest(deadlineMs)
  }

  closed(deadlineMs = DEADLINE_MS): Promise<unknown> {
    return within(this.#closed, 'the connection is closed', deadlineMs)
  }
}

/** Sends one request on a connection of its own and gives the answer. */
export async function exchange(
  t: Teardown,
  port: number,
  bytes: string | Buffer,
  framing?: Framing,
): Promise<Message | undefined> {
  const client = await RawClient.connect(t, port)
  const answer = await client.send(bytes).answer(framing)
  client.socket.destroy()
  return answer
}
