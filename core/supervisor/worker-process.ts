import { type ChildProcess, fork, type SendHandle } from 'node:child_process'
import { EXIT } from '../cli/exit.ts'
import type { Json } from '../contracts/json.ts'
import type { Held, HeldSockets } from './held-sockets.ts'
import {
  type Failure,
  type FromWorker,
  isFromWorker,
  type Kept,
  type Ready,
  type ToWorker,
} from './messages.ts'
import { environmentOf } from './role.ts'

/** How a process ended: its code, or the signal that ended it. */
export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** What to run as a worker: a script and its arguments. */
export interface Program {
  readonly script: string
  readonly args: readonly string[]
}

/** What workers share, and who hears of them. */
export interface Surroundings {
  readonly sockets: HeldSockets
  /** What plugins keep, by key. */
  readonly memory: ReadonlyMap<string, Json>
  /** A worker listens on a socket no more. */
  onDrop(): void
  /** A worker ends, and the gateway with it. */
  onStop(): void
  onKept(worker: WorkerProcess, kept: Kept): void
}

/** One worker, seen from its supervisor. */
export class WorkerProcess {
  readonly pid: number
  /** Resolves once: it accepts, or it never will. */
  readonly started: Promise<Ready | Failure>
  readonly ended: Promise<Exit>
  /** The sockets that it listens on. */
  readonly keys = new Set<string>()
  /** Whether it has printed itself why it cannot start. */
  hasSaidWhy = false
  /** How long it may take to end; known once it is ready. */
  patienceMs = 0
  readonly #child: ChildProcess
  readonly #around: Surroundings
  /** Until its own handlers are there, a signal would end it. */
  #early: NodeJS.Signals[] | undefined = []

  constructor(program: Program, isUpgrade: boolean, around: Surroundings) {
    this.#around = around
    this.#child = fork(program.script, program.args, {
      env: environmentOf(isUpgrade ? 'upgrade' : 'worker'),
    })
    this.pid = this.#child.pid ?? -1
    this.ended = new Promise((resolve) => {
      this.#child.once('exit', (code, signal) => resolve({ code, signal }))
      // It could not be started; once it runs, messages have their own way to fail.
      this.#child.on('error', () => {
        if (this.#child.pid === undefined) resolve({ code: 1, signal: null })
      })
    })
    this.started = new Promise((resolve) => {
      this.#child.on('message', (message, handle) => {
        if (!isFromWorker(message)) return
        if (message.kind === 'failed') this.hasSaidWhy = true
        if (message.kind === 'ready' || message.kind === 'failed') resolve(message)
        else this.#hear(message, handle as Held | undefined)
      })
      this.ended.then((exit) => resolve(failureOf(exit)))
    })
  }

  /** Ends once what is in flight has; `isReplaced` when another one accepts on its sockets. */
  drain(isReplaced: boolean): void {
    this.#tell({ sluice: 'to-worker', kind: 'drain', isReplaced })
  }

  /** Tells it what another worker keeps. */
  tellKept({ key, value }: Kept): void {
    this.#tell({ sluice: 'to-worker', kind: 'kept', key, value })
  }

  /** Passes a signal on, once the worker can take it. */
  signal(name: NodeJS.Signals): void {
    if (this.#early === undefined) this.#child.kill(name)
    else if (!this.#early.includes(name)) this.#early.push(name)
  }

  kill(): void {
    this.#child.kill('SIGKILL')
  }

  #hear(message: FromWorker, handle: Held | undefined): void {
    if (message.kind === 'awake') this.#awake()
    else if (message.kind === 'want') this.#pass(message.key)
    else if (message.kind === 'drop') this.#drop(message.key)
    else if (message.kind === 'keep' && handle) this.#around.sockets.keep(message.key, handle)
    else if (message.kind === 'recall') this.#recall()
    else if (message.kind === 'remember') this.#around.onKept(this, message)
    else if (message.kind === 'stop') this.#around.onStop()
  }

  #awake(): void {
    const early = this.#early ?? []
    this.#early = undefined
    for (const name of early) this.#child.kill(name)
  }

  #pass(key: string): void {
    this.keys.add(key)
    this.#tell({ sluice: 'to-worker', kind: 'socket', key }, this.#around.sockets.find(key))
  }

  #recall(): void {
    this.#tell({ sluice: 'to-worker', kind: 'memory', entries: [...this.#around.memory] })
  }

  #drop(key: string): void {
    this.keys.delete(key)
    this.#around.onDrop()
  }

  // A bare handle: a `net.Server` would be listening at once over there, and here, with nobody to
  // take what it accepts. Node passes it as its cluster module does; the types do not know it.
  #tell(message: ToWorker, handle?: Held): void {
    this.#child.send(message, handle as unknown as SendHandle, hasEnded)
  }
}

// What is said to a process that has ended meanwhile need not be said.
function hasEnded(): void {}

function failureOf({ code, signal }: Exit): Failure {
  const how = signal === null ? `exited with ${code}` : `was ended by ${signal}`
  const reasons = [`the worker ${how} before it was ready`]
  return { code: code === EXIT.cannotListen ? code : EXIT.configIsWrong, reasons }
}
