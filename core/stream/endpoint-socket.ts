import type { Socket } from 'node:net'
import type { EndpointTarget } from '../contracts/transport.ts'
import { Dialler } from '../http/dial.ts'
import { StreamMemory } from './stream-memory.ts'

const diallers = new WeakMap<EndpointTarget, Dialler>()

/** A connection to an endpoint, which hands on what it reads in memory that is used again. */
export class EndpointSocket {
  readonly socket: Socket
  /** What the socket emits once bytes can be sent. */
  readonly ready: 'connect' | 'secureConnect'
  /** Takes a piece; true if it is not needed any more when it returns. */
  onData: (piece: Buffer) => boolean = nobody

  /** `preamble` goes out first of all. */
  constructor(target: EndpointTarget, preamble: Buffer | undefined) {
    const dialler = diallerTo(target)
    this.ready = dialler.ready
    if (dialler.isSecure) {
      this.socket = dialler.dial(undefined, preamble)
      this.socket.on('data', (piece: Buffer) => this.onData(piece))
    } else this.socket = dialler.dial(this.#reading(), preamble)
    this.socket.allowHalfOpen = true
    this.socket.pause()
  }

  #reading() {
    const memory = new StreamMemory()
    const callback = (bytes: number, read: Uint8Array): boolean => {
      memory.take(read, bytes, this.onData)
      return true
    }
    return { buffer: memory.next, callback }
  }
}

function diallerTo(target: EndpointTarget): Dialler {
  const known = diallers.get(target)
  if (known !== undefined) return known
  const dialler = new Dialler(target)
  diallers.set(target, dialler)
  return dialler
}

function nobody(): boolean {
  return true
}
