import type { Server, Socket } from 'node:net'
import type { Clock } from '../contracts/clock.ts'
import type { Logger } from '../contracts/logger.ts'
import { Trust } from '../http/connection.ts'
import { peekProxy, plain } from './opening.ts'
import { nameSource } from './proxied-source.ts'
import { Refusals } from './refusals.ts'

/** What a listener of HTTP says of proxies in front. */
export interface Fronted {
  readonly host: string
  readonly port: number
  readonly proxies: readonly string[] | undefined
  /** How long the header may take, in ms. */
  readonly headersTimeout: number
}

/**
 * Has a server see its connections once the header of the PROXY protocol is read, where one is asked
 * for. Has to be told before anybody but node itself listens for them.
 */
export class ProxiedServer {
  readonly #refusals: Refusals
  readonly #clock: Clock
  #config: Fronted
  #trust: Trust

  constructor(server: Server, config: Fronted, { clock, log }: { clock: Clock; log: Logger }) {
    this.#clock = clock
    this.#config = config
    this.#trust = new Trust(config.proxies ?? [])
    this.#refusals = new Refusals(clock, log, `${config.host}:${config.port}`)
    const serve = server.listeners('connection')
    server.removeAllListeners('connection')
    server.on('connection', (socket: Socket) => {
      const go = (): void => {
        for (const one of serve) one.call(server, socket)
      }
      if (this.#config.proxies === undefined) go()
      else this.#read(socket, go)
    })
  }

  /** For connections to come. */
  configure(config: Fronted): void {
    this.#config = config
    this.#trust = new Trust(config.proxies ?? [])
  }

  #read(socket: Socket, go: () => void): void {
    let stop = (): void => {}
    const over = (): void => {
      stop()
      cancel()
      socket.off('error', over).off('close', over)
    }
    const refuse = (reason: string): void => {
      over()
      this.#refusals.add(reason)
      socket.on('error', ignore).destroy()
    }
    const { headersTimeout } = this.#config
    const cancel = this.#clock.after(headersTimeout, () => refuse('too slow to begin'))
    socket.on('error', over).on('close', over)
    if (!this.#trust.includes(plain(socket.remoteAddress ?? ''))) {
      refuse('no trusted proxy')
      return
    }
    stop = peekProxy(socket, (word, bytes) => {
      if (word === 'malformed') {
        refuse('no PROXY header')
        return
      }
      over()
      if (word.source !== undefined) nameSource(socket, word.source)
      if (bytes.length > word.length) socket.unshift(bytes.subarray(word.length))
      go()
    })
  }
}

function ignore(): void {}
