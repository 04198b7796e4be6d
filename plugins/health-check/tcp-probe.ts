import type { Connection, ConnectionSink, EndpointTarget, Transport, TransportFailure } from '#core'
import { type Matcher, matcher } from './matcher.ts'
import type { HealthOptions } from './options.ts'
import { type Failing, failingBy, LATE, type Probe, type Report, unwell } from './probe.ts'
import { MOST_BYTES } from './request-probe.ts'

/** Checks by a connection: that there is one, and what the endpoint says on it. */
export class TcpProbe implements Probe, ConnectionSink {
  readonly #transport: Transport
  readonly #target: EndpointTarget
  readonly #send: string
  readonly #expected: Matcher | undefined
  readonly #report: Report
  #connection: Connection | undefined = undefined
  #isConnected = false
  #heard = Buffer.alloc(0)

  constructor(
    transport: Transport,
    target: EndpointTarget,
    { send, expect }: Pick<HealthOptions, 'send' | 'expect'>,
    report: Report,
  ) {
    this.#transport = transport
    // A check is given up as a whole.
    this.#target = { ...target, connectTimeoutMs: 0 }
    this.#send = send
    this.#expected = matcher(expect)
    this.#report = report
  }

  start(): void {
    this.#isConnected = false
    this.#heard = Buffer.alloc(0)
    this.#connection = this.#transport.connect(this.#target, this)
  }

  giveUp(): Failing {
    this.close()
    return this.#isConnected ? unwell('no answer in time') : { cause: LATE, isUnreachable: true }
  }

  close(): void {
    this.#connection?.destroy()
    this.#connection = undefined
  }

  connected(): void {
    this.#isConnected = true
    if (this.#send !== '') this.#connection?.write(this.#send)
    if (this.#expected === undefined) this.#finish(undefined)
  }

  data(chunk: Uint8Array): void {
    if (this.#expected === undefined) return
    this.#heard = Buffer.concat([this.#heard, chunk])
    if (this.#expected.test(this.#heard)) this.#finish(undefined)
    else if (this.#heard.length >= MOST_BYTES) this.#finish(this.#without('64 KiB'))
  }

  ended(failure: TransportFailure | undefined): void {
    this.#finish(failure === undefined ? this.#without('an answer') : failingBy(failure))
  }

  #without(what: string): Failing {
    return unwell(`${what} without ${this.#expected?.shown ?? 'a word'}`)
  }

  #finish(failing: Failing | undefined): void {
    this.close()
    this.#report(failing)
  }
}
