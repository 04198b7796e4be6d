import type { Socket } from 'node:net'
import type { Brakes } from '../brake.ts'
import type { ResolvedTcp } from '../config/resolved.ts'
import type { Outcome } from '../contracts/flow.ts'
import type { Lasting } from '../http/lasting.ts'
import { reset } from '../system/socket.ts'
import type { LiveEndpoint } from '../upstream/endpoint.ts'
import type { EndpointSocket } from './endpoint-socket.ts'
import { readInto } from './read-into.ts'
import { StreamMemory } from './stream-memory.ts'

/**
 * A client's connection and one to an endpoint, joined. Bytes go on as they come; a side that does
 * not take them holds back the other. The end of one side is the end of that direction alone, and a
 * reset goes on as a reset, so that nobody takes it for the end of what was sent.
 */
export class Splice implements Lasting {
  readonly endpoint: LiveEndpoint
  readonly idleTimeoutMs: number
  readonly isCutInTurn = true
  readonly isCutWhenDown: boolean
  seenBytes = -1
  quietSince = 0
  readonly #client: Socket
  readonly #far: EndpointSocket
  readonly #brakes: Brakes | undefined
  readonly #onOver: (outcome: Outcome) => void
  #outcome: Outcome = 'ok'
  #open = 2
  #up = 0
  #down = 0
  #hasClientEnded = false
  #hasEndpointEnded = false

  constructor(
    client: Socket,
    far: EndpointSocket,
    endpoint: LiveEndpoint,
    { idleTimeoutMs, onDown }: Pick<ResolvedTcp, 'idleTimeoutMs' | 'onDown'>,
    onOver: (outcome: Outcome) => void,
    brakes?: Brakes,
  ) {
    this.#client = client
    this.#far = far
    this.endpoint = endpoint
    this.idleTimeoutMs = idleTimeoutMs
    this.isCutWhenDown = onDown === 'close'
    this.#brakes = brakes
    this.#onOver = onOver
  }

  /** What went out to the endpoint; what waits here for it is not there yet. */
  get bytesUp(): number {
    return this.#up - this.#far.socket.writableLength
  }

  get bytesDown(): number {
    return this.#down - this.#client.writableLength
  }

  get isGone(): boolean {
    return this.#client.destroyed && this.#far.socket.destroyed
  }

  /** A client that has ended its side waits for an answer, however long that takes to begin. */
  get isEnding(): boolean {
    return this.#hasEndpointEnded
  }

  /** Begins to join them. `early` came from the client before there was anywhere to send it. */
  start(early: Buffer): void {
    const client = this.#client
    const far = this.#far.socket
    const { up, down } = this.#brakes ?? {}
    if (up !== undefined) up.goOn = () => client.resume()
    if (down !== undefined) down.goOn = () => far.resume()
    if (early.length > 0) this.#sendUp(early)
    this.#readClient()
    client.on('drain', () => {
      if (down?.drained() !== false) far.resume()
    })
    // Its end may have been read together with what it opened with.
    if (client.readableEnded) this.#clientEnded()
    else client.on('end', () => this.#clientEnded())
    client.on('error', () => this.#failed('client-abort'))
    client.on('close', () => this.#closed(far, this.#hasClientEnded))
    this.#far.onData = this.#sendDown
    far.on('drain', () => {
      if (up?.drained() !== false) client.resume()
    })
    far.on('end', () => {
      this.#hasEndpointEnded = true
      client.end()
    })
    far.on('error', () => this.#failed('upstream-error'))
    far.on('close', () => this.#closed(client, this.#hasEndpointEnded))
    if (client.writableNeedDrain !== true) far.resume()
    if (!far.writableNeedDrain && up?.isHolding !== true) client.resume()
  }

  tell(): boolean {
    return false
  }

  cut(): void {
    if (this.#hasEndpointEnded && this.#client.writableFinished) {
      // All is said: a reset would take back what the system still has to deliver.
      this.#client.destroy()
      this.#far.socket.destroy()
    } else this.#failed('local')
  }

  #clientEnded(): void {
    this.#hasClientEnded = true
    this.#far.socket.end()
  }

  #readClient(): void {
    const client = this.#client
    const held: Buffer | null = client.readableLength > 0 ? client.read() : null
    if (held !== null) this.#sendUp(held)
    const memory = new StreamMemory()
    const callback = (bytes: number, read: Uint8Array): boolean => {
      memory.take(read, bytes, this.#sendUp)
      return true
    }
    const isTaken = !isSecure(client) && readInto(client, { buffer: memory.next, callback })
    if (!isTaken) client.on('data', this.#sendUp)
  }

  /** True if nobody needs the piece any more by the next read. */
  readonly #sendUp = (piece: Buffer): boolean => {
    const far = this.#far.socket
    this.#up += piece.length
    const isFull = !far.write(piece)
    const brake = this.#brakes?.up
    const goesOn = brake === undefined ? !isFull : brake.passed(piece.length, isFull)
    if (!goesOn) this.#client.pause()
    // Where it is full the next read comes after the drain, and then nobody has it any more.
    return far.writableLength === 0 || (isFull && brake === undefined)
  }

  readonly #sendDown = (piece: Buffer): boolean => {
    const client = this.#client
    this.#down += piece.length
    const isFull = !client.write(piece)
    const brake = this.#brakes?.down
    const goesOn = brake === undefined ? !isFull : brake.passed(piece.length, isFull)
    if (!goesOn) this.#far.socket.pause()
    return client.writableLength === 0 || (isFull && brake === undefined)
  }

  #over(): void {
    this.#brakes?.end()
    this.#onOver(this.#outcome)
  }

  #failed(outcome: Outcome): void {
    if (this.#outcome === 'ok') this.#outcome = outcome
    if (!this.#client.destroyed) reset(this.#client)
    if (!this.#far.socket.destroyed) reset(this.#far.socket)
  }

  /** One side is gone. What it sent before it ended still goes out to the other. */
  #closed(other: Socket, hasEnded: boolean): void {
    this.#open--
    if (!hasEnded && this.#outcome === 'ok') this.#outcome = 'local'
    if (this.#open === 0) this.#over()
    else if (!hasEnded || other.writableFinished) other.destroy()
    else other.once('finish', other.destroy).resume()
  }
}

/** What comes over TLS is another's to read. */
function isSecure(socket: Socket): boolean {
  return (socket as Socket & { readonly encrypted?: boolean }).encrypted === true
}
