import { Agent, request } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import type { Teardown } from './teardown.ts'

const TICK_MS = 10

/** What is sent. */
interface Sent {
  readonly method?: string
  readonly body?: string
}

/** Requests at a steady rate, whether they are answered or not, over kept connections. */
export class Steady {
  /** How many answers came with each status. */
  readonly statuses = new Map<number, number>()
  /** Requests that got no whole answer. */
  failed = 0
  /** Ms to the end of each answer. */
  readonly #took: number[] = []
  readonly #agent = new Agent({ keepAlive: true })
  readonly #port: number
  readonly #sent: Sent
  readonly #timer: NodeJS.Timeout
  readonly #pending = new Set<Promise<void>>()

  constructor(t: Teardown, port: number, perSecond: number, sent: Sent = {}) {
    this.#port = port
    this.#sent = sent
    let due = 0
    let last = performance.now()
    this.#timer = setInterval(() => {
      const now = performance.now()
      // After a stall of this process no flood: the rate is what is steady.
      due = Math.min(due + ((now - last) * perSecond) / 1_000, perSecond / 10)
      last = now
      for (; due >= 1; due--) this.#send()
    }, TICK_MS)
    t.after(() => {
      clearInterval(this.#timer)
      this.#agent.destroy()
    })
  }

  /** Lets it run for so long. */
  for(ms: number): Promise<unknown> {
    return pause(ms)
  }

  /** What came so far does not count. */
  forget(): void {
    this.statuses.clear()
    this.failed = 0
    this.#took.length = 0
  }

  /** Of 100 answers 99 came within so many ms. */
  get p99(): number {
    const took = this.#took.toSorted((a, b) => a - b)
    return took[Math.floor(took.length * 0.99)] ?? 0
  }

  /** Sends nothing more; gives what came of it all once that is over. */
  async stop(): Promise<{ statuses: ReadonlyMap<number, number>; failed: number }> {
    clearInterval(this.#timer)
    await Promise.all(this.#pending)
    return { statuses: this.statuses, failed: this.failed }
  }

  #send(): void {
    const { method = 'GET', body = '' } = this.#sent
    const began = performance.now()
    const done = new Promise<void>((resolve) => {
      const fail = (): void => {
        this.failed++
        resolve()
      }
      const sent = request({ port: this.#port, host: '127.0.0.1', method, agent: this.#agent })
      sent.on('error', fail)
      sent.on('response', (answer) => {
        const { statusCode = 0 } = answer
        answer.on('error', fail).on('end', () => {
          this.statuses.set(statusCode, (this.statuses.get(statusCode) ?? 0) + 1)
          this.#took.push(performance.now() - began)
          resolve()
        })
        answer.resume()
      })
      sent.end(body)
    }).finally(() => this.#pending.delete(done))
    this.#pending.add(done)
  }
}
