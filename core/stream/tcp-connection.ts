import type { Socket } from 'node:net'
import { brakesOf } from '../brake.ts'
import type { Outcome } from '../contracts/flow.ts'
import type { Expiring } from '../http/deadlines.ts'
import { classify, TimedOut } from '../http/failure.ts'
import type { LiveEndpoint } from '../upstream/endpoint.ts'
import { ActiveFlow } from '../upstream/flow.ts'
import type { LiveUpstream } from '../upstream/upstream.ts'
import { askBoth, delayBeforeNext } from './asking.ts'
import { ClientEnd } from './client-end.ts'
import { EndpointSocket } from './endpoint-socket.ts'
import type { Entrance } from './entrance.ts'
import type { Opened } from './opening.ts'
import { Splice } from './splice.ts'
import type { OpenStream } from './streams.ts'
import type { TcpRoute } from './tcp-route.ts'
import type { Waiting } from './waiting-line.ts'

const NOTHING = Buffer.alloc(0)

/** One connection of a client on its way to an endpoint, joined to it, and over. */
export class TcpConnection implements Expiring, OpenStream, Waiting {
  deadlineAt = Number.POSITIVE_INFINITY
  place = -1
  readonly #entrance: Entrance
  readonly #route: TcpRoute
  readonly #client: Socket
  readonly #peer: ClientEnd
  readonly #flow: ActiveFlow
  #early: Buffer
  #far: EndpointSocket | undefined = undefined
  #splice: Splice | undefined = undefined
  #hasEntered = false
  #isWaiting = false
  #isOver = false

  constructor(
    entrance: Entrance,
    route: TcpRoute,
    upstream: LiveUpstream,
    client: Socket,
    opened: Opened,
  ) {
    this.#peer = new ClientEnd(client, opened)
    this.#early = opened.early
    this.#entrance = entrance
    this.#route = route
    this.#client = client
    this.#flow = new ActiveFlow(upstream)
    entrance.host.streams.add(this)
    entrance.host.deadlines.add(this)
    client.on('error', this.#clientFailed).on('close', this.#clientFailed)
  }

  get waitsFor(): object {
    return this.#hasEntered ? this.#flow.live : this.#entrance
  }

  /** Asks the plugins, then finds an endpoint. */
  begin(): void {
    if (!this.#entrance.enter()) {
      this.#wait()
      return
    }
    this.#hasEntered = true
    this.#proceed()
  }

  proceed(): boolean {
    if (this.#isOver) return true
    if (!this.#hasEntered) {
      if (!this.#entrance.enter()) return false
      this.#hasEntered = true
      this.#isWaiting = false
      this.deadlineAt = Number.POSITIVE_INFINITY
      this.#proceed()
      // Its endpoints may all be full.
      return !this.#isWaiting
    }
    return this.#isSettled()
  }

  /** Too long in the line, or a connection that does not come about. */
  expire(): void {
    if (this.#isWaiting) this.#refuse('too long in the line')
    else this.#failed(new TimedOut(false))
  }

  cut(): void {
    if (this.#isOver) return
    if (this.#splice !== undefined) {
      this.#splice.cut()
      return
    }
    this.#flow.owner?.release(this.#flow, 'local')
    this.#over()
  }

  #refuse(reason: string): void {
    this.#entrance.refused(reason)
    this.cut()
  }

  #proceed(): void {
    try {
      const answer = askBoth(this.#route.chain.stream, this.#flow, this.#peer)
      if (answer === true) this.#open()
      else if (answer === false) this.cut()
      else answer.then((isLetIn) => (isLetIn ? this.#open() : this.cut())).catch(this.#threw)
    } catch (error: unknown) {
      this.#threw(error)
    }
  }

  readonly #threw = (error: unknown): void => {
    this.#entrance.host.log.error(
      { err: error, listener: this.#route.config.place },
      'a plugin threw',
    )
    this.cut()
  }

  #open(): void {
    if (!this.#isOver && !this.#isSettled()) this.#wait()
  }

  /** Whether it has an endpoint, or nobody will have it; not while every endpoint is full. */
  #isSettled(): boolean {
    const endpoint = this.#client.destroyed ? undefined : this.#acquire()
    if (endpoint !== undefined) this.#connect(endpoint)
    else if (!this.#client.destroyed && this.#areFull()) return false
    else this.#refuse('no endpoint is ready')
    return true
  }

  #acquire(): LiveEndpoint | undefined {
    const flow = this.#flow
    const { keyReader } = flow.live
    if (keyReader !== undefined && flow.key < 0) flow.key = keyReader.ofPeer(this.#peer)
    return flow.live.acquire(flow)
  }

  #areFull(): boolean {
    return this.#flow.live.endpoints.some(({ holds, isFull }) => holds === 0 && isFull)
  }

  #wait(): void {
    if (!this.#entrance.wait(this)) {
      this.#refuse('the line is full')
      return
    }
    this.#isWaiting = true
    this.#entrance.host.deadlines.set(this, this.#route.config.queue.timeoutMs)
  }

  #connect(endpoint: LiveEndpoint): void {
    const { proxyProtocol } = endpoint.target
    const far = new EndpointSocket(
      endpoint.target,
      proxyProtocol && this.#peer.preamble(proxyProtocol),
    )
    this.#far = far
    this.#isWaiting = false
    this.#entrance.host.deadlines.set(this, endpoint.target.connectTimeoutMs)
    far.socket.once('error', this.#farFailed).once('close', this.#farClosed)
    far.socket.once(far.ready, () => {
      if (this.#far === far) this.#join(far, endpoint)
    })
  }

  readonly #farFailed = (error: Error): void => this.#failed(error)
  readonly #farClosed = (): void => this.#failed(new Error('closed before it was there'))

  #join(far: EndpointSocket, endpoint: LiveEndpoint): void {
    const { host } = this.#entrance
    const flow = this.#flow
    host.deadlines.remove(this)
    far.socket.off('error', this.#farFailed).off('close', this.#farClosed)
    this.#client.off('error', this.#clientFailed).off('close', this.#clientFailed)
    flow.answered(host.clock.now(), 'ok', 101)
    const brakes = brakesOf(this.#route.chain, flow.live.chain, flow, host)
    const over = (outcome: Outcome): void => {
      host.tunnels.remove(splice)
      flow.owner?.release(flow, outcome)
      this.#over()
    }
    const splice = new Splice(this.#client, far, endpoint, this.#route.config, over, brakes)
    this.#splice = splice
    host.tunnels.add(splice)
    splice.start(this.#early)
    this.#early = NOTHING
  }

  /** No connection came about, so nothing was sent: another endpoint may take it. */
  #failed(cause: Error): void {
    if (this.#isOver || this.#far === undefined) return
    const { host } = this.#entrance
    const flow = this.#flow
    this.deadlineAt = Number.POSITIVE_INFINITY
    this.#dropFar()
    const { outcome, code } = classify(cause, false)
    const again = [...this.#route.chain.again, ...flow.live.chain.again]
    const delayMs = delayBeforeNext(again, flow, outcome, host.log)
    flow.owner?.release(flow, outcome)
    if (delayMs >= 0) {
      host.clock.after(delayMs, () => this.#open())
      return
    }
    const { place } = this.#route.config
    const endpoint = flow.endpoint?.id
    host.log.warn({ err: cause, code, listener: place, endpoint }, 'a connection found no endpoint')
    this.#over()
  }

  readonly #clientFailed = (): void => {
    if (this.#isOver) return
    this.#flow.owner?.release(this.#flow, 'client-abort')
    this.#over()
  }

  #dropFar(): void {
    const far = this.#far
    this.#far = undefined
    if (far === undefined) return
    far.socket.off('error', this.#farFailed).off('close', this.#farClosed)
    far.socket.on('error', ignore).destroy()
  }

  #over(): void {
    if (this.#isOver) return
    this.#isOver = true
    const { host } = this.#entrance
    host.deadlines.remove(this)
    if (this.#isWaiting) this.#entrance.stopWaiting(this)
    if (this.#splice === undefined) {
      this.#dropFar()
      this.#client.on('error', ignore).destroy()
    }
    if (this.#hasEntered) this.#entrance.leave()
    host.streams.remove(this)
    host.onFinished()
  }
}

function ignore(): void {}
