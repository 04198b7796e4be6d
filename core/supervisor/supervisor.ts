import { EXIT } from '../cli/exit.ts'
import type { Cancel, Clock } from '../contracts/clock.ts'
import type { Json } from '../contracts/json.ts'
import { BackOff } from './back-off.ts'
import { HeldSockets } from './held-sockets.ts'
import type { Failure, Kept, Ready } from './messages.ts'
import { type Exit, type Program, type Surroundings, WorkerProcess } from './worker-process.ts'

/** Hears what the supervisor has to say. */
export interface Teller {
  /** What the first worker shows. */
  show(banner: string): void
  say(line: string): void
  warn(line: string): void
}

/** How an upgrade went: the new worker's pid, or why the old one goes on. */
export type Upgrade = { readonly pid: number; readonly took: string } | Failure

// A worker has had the time that it asked for, and this for plugins to let go, and does not end.
const STUCK_AFTER_MS = 10_000
// Nobody waits longer for the new worker of an upgrade.
const UPGRADE_PATIENCE_MS = 60_000

/**
 * Keeps a worker running, and the sockets that it listens on open. It loads no config and no
 * plugin: what the user's code does to a process, it does to a worker.
 */
export class Supervisor {
  readonly #program: Program
  readonly #clock: Clock
  readonly #teller: Teller
  readonly #sockets = new HeldSockets()
  readonly #memory = new Map<string, Json>()
  readonly #backOff = new BackOff()
  /** All that have not ended: the current one, the next one, those that drain. */
  readonly #workers = new Set<WorkerProcess>()
  #current: WorkerProcess | undefined = undefined
  #readyAt = 0
  #starting: WorkerProcess | undefined = undefined
  #cancelRetry: Cancel | undefined = undefined
  #isStopping = false
  #finish: (code: number) => void = () => {}

  constructor(program: Program, clock: Clock, teller: Teller) {
    this.#program = program
    this.#clock = clock
    this.#teller = teller
  }

  /** Starts the worker and runs until `stop`, or until the first worker could not start. */
  async run(): Promise<number> {
    const over = new Promise<number>((resolve) => {
      this.#finish = resolve
    })
    const start = await this.#launch()
    if ('banner' in start) this.#teller.show(start.banner)
    else if (!this.#isStopping) return start.code
    return over
  }

  /** Starts a worker from what is on disk now, and lets the current one end once that is ready. */
  async upgrade(): Promise<Upgrade> {
    if (this.#isStopping) return this.#refuse('the gateway is stopping')
    if (this.#starting !== undefined) return this.#refuse('another worker is starting already')
    this.#cancelRetry?.()
    const startedAt = this.#clock.now()
    const start = await this.#launch(UPGRADE_PATIENCE_MS)
    if (!('banner' in start)) {
      const before = this.#current?.pid
      const rest = before === undefined ? 'no worker runs' : `worker ${before} goes on`
      this.#teller.warn(`the upgrade failed, ${rest}`)
      if (before === undefined && !this.#isStopping) this.#retryLater(0)
      return start
    }
    const pid = this.#current?.pid ?? 0
    const took = `${Math.round(this.#clock.now() - startedAt)} ms`
    this.#teller.say(`worker ${pid} took over after ${took}`)
    return { pid, took }
  }

  /** Lets every worker end, and `run` with them. No new connection is taken once they stop to. */
  async stop(): Promise<void> {
    if (this.#isStopping) return
    this.#isStopping = true
    this.#cancelRetry?.()
    this.#sockets.retain(new Set())
    // One that starts has no connections yet, or ends as soon as it would have some.
    this.#starting?.signal('SIGTERM')
    if (this.#current !== undefined) this.#end(this.#current, false)
    const exits = await Promise.all(Array.from(this.#workers, (worker) => worker.ended))
    this.#finish(exits.every(({ code }) => code === 0) ? EXIT.fine : EXIT.configIsWrong)
  }

  /** Passes a signal on to the worker that serves, or will. */
  signal(name: NodeJS.Signals): void {
    const worker = this.#starting ?? this.#current
    worker?.signal(name)
    if (worker !== this.#current) this.#current?.signal(name)
  }

  /** Ends all workers now. */
  kill(): void {
    for (const worker of this.#workers) worker.kill()
  }

  readonly #around: Surroundings = {
    sockets: this.#sockets,
    memory: this.#memory,
    onDrop: () => this.#tidy(),
    onStop: () => void this.stop(),
    onKept: (worker, kept) => this.#keep(worker, kept),
  }

  /** What one worker keeps the others hear of: one that starts has recalled it already. */
  #keep(from: WorkerProcess, kept: Kept): void {
    if (kept.value === undefined) this.#memory.delete(kept.key)
    else this.#memory.set(kept.key, kept.value)
    for (const worker of this.#workers) if (worker !== from) worker.tellKept(kept)
  }

  /** Starts a worker; once it is ready it is the current one, and the one before drains. */
  async #launch(patienceMs?: number): Promise<Ready | Failure> {
    const worker = new WorkerProcess(this.#program, this.#current !== undefined, this.#around)
    this.#workers.add(worker)
    worker.ended.then((exit) => this.#ended(worker, exit))
    this.#starting = worker
    const cancel =
      patienceMs === undefined ? undefined : this.#clock.after(patienceMs, () => worker.kill())
    const start = await worker.started
    cancel?.()
    if ('banner' in start) this.#take(worker, start)
    else await this.#gone(worker, start)
    this.#starting = undefined
    this.#tidy()
    return start
  }

  #refuse(reason: string): Failure {
    this.#teller.warn(`no upgrade: ${reason}`)
    return { code: EXIT.configIsWrong, reasons: [reason] }
  }

  #take(worker: WorkerProcess, { patienceMs }: Ready): void {
    const before = this.#current
    this.#current = worker
    this.#readyAt = this.#clock.now()
    worker.patienceMs = patienceMs
    if (this.#isStopping) this.#end(worker, false)
    if (before !== undefined) this.#end(before, true)
  }

  /** Waits for the end of a worker that cannot start. */
  async #gone(worker: WorkerProcess, { reasons }: Failure): Promise<void> {
    if (!worker.hasSaidWhy && !this.#isStopping) this.#teller.warn(reasons.join('; '))
    const cancel = this.#clock.after(STUCK_AFTER_MS, () => worker.kill())
    await worker.ended
    cancel()
  }

  #end(worker: WorkerProcess, isReplaced: boolean): void {
    worker.drain(isReplaced)
    const cancel = this.#clock.after(worker.patienceMs + STUCK_AFTER_MS, () => {
      this.#teller.warn(`worker ${worker.pid} does not end: killed`)
      worker.kill()
    })
    worker.ended.then(cancel)
  }

  #ended(worker: WorkerProcess, exit: Exit): void {
    this.#workers.delete(worker)
    if (worker !== this.#current) {
      const isRetired = worker !== this.#starting && exit.code !== 0 && !this.#isStopping
      if (isRetired) this.#teller.warn(`worker ${worker.pid} ${how(exit)} while it drained`)
      return
    }
    this.#current = undefined
    if (this.#isStopping) return
    const delayMs = this.#backOff.next(this.#clock.now() - this.#readyAt)
    const when = delayMs === 0 ? 'at once' : `in ${delayMs} ms`
    this.#teller.warn(`worker ${worker.pid} ${how(exit)}; another one starts ${when}`)
    // Otherwise the one that starts already takes its place.
    if (this.#starting === undefined) this.#retryLater(delayMs)
  }

  #retryLater(delayMs: number): void {
    this.#cancelRetry = this.#clock.after(delayMs, () => void this.#replace())
  }

  async #replace(): Promise<void> {
    if (this.#starting !== undefined) return
    const start = await this.#launch()
    if (this.#isStopping) return
    if ('banner' in start) {
      this.#teller.say(`worker ${this.#current?.pid} serves again`)
      return
    }
    const delayMs = this.#backOff.next(0)
    this.#teller.warn(`a worker could not start; another one starts in ${delayMs} ms`)
    this.#retryLater(delayMs)
  }

  /** Closes sockets that no worker of now listens on. */
  #tidy(): void {
    if (this.#starting !== undefined || this.#current === undefined) return
    this.#sockets.retain(this.#current.keys)
  }
}

function how({ code, signal }: Exit): string {
  return signal === null ? `exited with ${code}` : `was ended by ${signal}`
}
