import type { Cancel, Clock } from '../contracts/clock.ts'
import type { LiveEndpoint } from '../upstream/endpoint.ts'
import { EndpointDatagrams, type Hearer } from './endpoint-datagrams.ts'
import { OneWaySocket } from './one-way-socket.ts'

// A reply that comes twice, or late, finds a socket that rests and closes it, and no other client's flow.
const REST_MS = 20
// Whoever forges replies has to guess the port.
const MOST_USES = 100
// For each endpoint. At more than 50,000 flows a second sockets are closed that could be used again.
const MOST_AT_REST = 1_024
const LONGEST_REST_MS = 10_000

/** The sockets of one listener for flows that have one each for as long as they last. */
export class EndpointSockets {
  readonly #clock: Clock
  readonly #atRest = new Map<LiveEndpoint, Resting>()
  readonly #oneWay = new Map<LiveEndpoint, OneWaySocket>()
  #cancelSweep: Cancel | undefined = undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** One that has rested, or a new one. */
  take(endpoint: LiveEndpoint, hearer: Hearer): EndpointDatagrams {
    const rested = this.#atRest.get(endpoint)?.take(this.#clock.now() - REST_MS)
    if (rested === undefined) return new EndpointDatagrams(endpoint.target, hearer)
    rested.hearer = hearer
    return rested
  }

  /** Its flow is over, and every reply has come. */
  giveBack(endpoint: LiveEndpoint, socket: EndpointDatagrams): void {
    let resting = this.#atRest.get(endpoint)
    if (resting === undefined) {
      resting = new Resting()
      this.#atRest.set(endpoint, resting)
    }
    socket.uses++
    if (socket.uses >= MOST_USES || endpoint.hasLeft || resting.size >= MOST_AT_REST) {
      socket.close()
      return
    }
    socket.hearer = undefined
    socket.restsSince = this.#clock.now()
    resting.add(socket)
    this.#cancelSweep ??= this.#clock.after(LONGEST_REST_MS, this.#sweep)
  }

  /** The one that all datagrams without a reply go through. */
  oneWay(endpoint: LiveEndpoint): OneWaySocket {
    let socket = this.#oneWay.get(endpoint)
    if (socket === undefined) {
      socket = new OneWaySocket(endpoint)
      this.#oneWay.set(endpoint, socket)
      this.#cancelSweep ??= this.#clock.after(LONGEST_REST_MS, this.#sweep)
    }
    return socket
  }

  /** Closes all that no flow has. */
  close(): void {
    this.#cancelSweep?.()
    for (const resting of this.#atRest.values()) resting.close(Number.POSITIVE_INFINITY)
    for (const socket of this.#oneWay.values()) socket.close()
    this.#atRest.clear()
    this.#oneWay.clear()
  }

  readonly #sweep = (): void => {
    this.#cancelSweep = undefined
    const before = this.#clock.now() - LONGEST_REST_MS
    for (const [endpoint, resting] of this.#atRest) {
      resting.close(endpoint.hasLeft ? Number.POSITIVE_INFINITY : before)
      if (resting.size === 0) this.#atRest.delete(endpoint)
    }
    for (const [endpoint, socket] of this.#oneWay) {
      if (!endpoint.hasLeft) continue
      socket.close()
      this.#oneWay.delete(endpoint)
    }
    if (this.#atRest.size + this.#oneWay.size === 0) return
    this.#cancelSweep = this.#clock.after(LONGEST_REST_MS, this.#sweep)
  }
}

/** First in, first out: the one that has rested for longest is used next. */
class Resting {
  readonly #sockets = new Set<EndpointDatagrams>()

  get size(): number {
    return this.#sockets.size
  }

  add(socket: EndpointDatagrams): void {
    this.#sockets.add(socket)
  }

  /** The first, if it rests since `before`. */
  take(before: number): EndpointDatagrams | undefined {
    for (const socket of this.#sockets) {
      if (!socket.isClosed && socket.restsSince > before) return undefined
      this.#sockets.delete(socket)
      if (!socket.isClosed) return socket
    }
    return undefined
  }

  /** Closes those that rest since `before`. */
  close(before: number): void {
    for (const socket of this.#sockets) {
      if (!socket.isClosed && socket.restsSince > before) return
      this.#sockets.delete(socket)
      socket.close()
    }
  }
}
