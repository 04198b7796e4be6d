import type { Socket } from 'node:net'
import type { Cancel, Clock } from '../contracts/clock.ts'
import type { Connection, ConnectionSink, EndpointTarget } from '../contracts/transport.ts'
import { Dialler } from './dial.ts'
import { classify, TimedOut } from './failure.ts'

/** A connection whose bytes are the caller's. */
export class ByteConnection implements Connection {
  readonly #socket: Socket
  readonly #sink: ConnectionSink
  #isConnected = false
  #isOver = false
  #cancelTimer: Cancel | undefined = undefined

  constructor(target: EndpointTarget, clock: Clock, sink: ConnectionSink) {
    const dialler = new Dialler(target)
    this.#sink = sink
    this.#socket = dialler.dial()
    this.#socket
      .once(dialler.ready, () => this.#connected())
      .on('data', (chunk) => {
        if (!this.#isOver) sink.data(chunk)
      })
      .on('error', (error) => this.#ended(error))
      .on('close', () => this.#ended(undefined))
    if (target.connectTimeoutMs > 0) {
      const late = (): void => this.#ended(new TimedOut(false))
      this.#cancelTimer = clock.after(target.connectTimeoutMs, late)
    }
  }

  write(bytes: string | Uint8Array): void {
    if (!this.#isOver) this.#socket.write(bytes)
  }

  destroy(): void {
    this.#isOver = true
    this.#cancelTimer?.()
    this.#socket.destroy()
  }

  #connected(): void {
    this.#isConnected = true
    this.#cancelTimer?.()
    if (!this.#isOver) this.#sink.connected()
  }

  #ended(error: Error | undefined): void {
    if (this.#isOver) return
    this.destroy()
    if (error === undefined && this.#isConnected) {
      this.#sink.ended(undefined)
      return
    }
    const verdict = classify(error ?? new Error('closed before it was there'), this.#isConnected)
    this.#sink.ended({ ...verdict, sent: this.#isConnected ? 'part' : 'nothing', reused: false })
  }
}
