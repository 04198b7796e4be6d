import { createSocket, type Socket } from 'node:dgram'
import { lookup } from 'node:dns'
import { isIP } from 'node:net'
import type { EndpointTarget } from '../contracts/transport.ts'
import { countSocket } from '../system/open-sockets.ts'
import { inNextTurn } from '../system/turn.ts'

/** An error of the system, by its name such as `ECONNREFUSED`. */
export type SystemError = Error & { readonly code?: string | undefined }

/** Who is told of what comes from an endpoint. */
export interface Hearer {
  heard(datagram: Buffer): void
  /** Nobody takes datagrams there, or this machine could not send one. */
  failed(error: SystemError): void
}

// So many wait for the address of a name.
const MOST_EARLY = 16

/**
 * A socket that sends to one endpoint and hears nobody else: the system drops what comes from another
 * address, and tells of refusals by ICMP, which sockets that are not connected never hear of.
 */
export class EndpointDatagrams {
  hearer: Hearer | undefined
  /** Since when it has had no hearer, by the monotonic clock, in ms. */
  restsSince = 0
  /** How many flows have had it. */
  uses = 0
  isClosed = false
  #socket: Socket | undefined = undefined
  #isConnected = false
  #early: Early[] = []

  constructor(target: EndpointTarget, hearer: Hearer | undefined) {
    this.hearer = hearer
    const { host, port } = placeOf(target)
    const family = isIP(host)
    if (family > 0) this.#open(host, family, port)
    else {
      lookup(host, (error, address, found) => {
        if (this.isClosed) return
        if (error === null) this.#open(address, found, port)
        else this.#failed(error)
      })
    }
  }

  /** `sent` is told how this datagram fared, where the hearer is not to be. */
  send(datagram: Buffer, sent: (error: SystemError | null) => void = this.#sent): void {
    if (this.isClosed) return
    if (this.#isConnected) this.#socket?.send(datagram, sent)
    else if (this.#early.length < MOST_EARLY) this.#early.push({ datagram, sent })
  }

  close(): void {
    if (this.isClosed) return
    this.isClosed = true
    this.hearer = undefined
    this.#early = []
    this.#socket?.close()
  }

  #open(address: string, family: number, port: number): void {
    const socket = createSocket({ type: family === 6 ? 'udp6' : 'udp4', lookup: asItIs })
    countSocket(socket)
    this.#socket = socket
    socket.on('message', (datagram) => {
      if (this.hearer === undefined) this.close()
      else this.hearer.heard(datagram)
    })
    // Never before whoever asked for the socket has it.
    socket.on('error', (error) => inNextTurn(() => this.#failed(error)))
    // In this turn: the address is one already.
    socket.connect(port, address)
    this.#isConnected = isConnected(socket)
    if (!this.#isConnected) return
    for (const { datagram, sent } of this.#early) this.send(datagram, sent)
    this.#early = []
  }

  readonly #sent = (error: SystemError | null): void => {
    if (error !== null) this.#failed(error)
  }

  #failed(error: SystemError): void {
    if (this.isClosed) return
    if (this.hearer === undefined) this.close()
    else this.hearer.failed(error)
  }
}

interface Early {
  readonly datagram: Buffer
  readonly sent: (error: SystemError | null) => void
}

/** Node says so by an event later on; until then sending would throw. */
function isConnected(socket: Socket): boolean {
  try {
    socket.remoteAddress()
    return true
  } catch {
    return false
  }
}

interface Place {
  readonly host: string
  readonly port: number
}

const places = new WeakMap<EndpointTarget, Place>()

function placeOf(target: EndpointTarget): Place {
  const known = places.get(target)
  if (known !== undefined) return known
  const { hostname, port } = new URL(target.url)
  const place = { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) }
  places.set(target, place)
  return place
}

/** Node asks for every address it is given, even where it is one: `dns.lookup` costs a turn for it. */
export function asItIs(
  address: string,
  _family: unknown,
  done: (error: null, address: string, family: number) => void,
): void {
  done(null, address, isIP(address))
}
