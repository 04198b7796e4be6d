import type { Memory } from '../contracts/memory.ts'
import { ownSockets, type Sockets } from '../http/sockets.ts'
import { LiveMemory } from '../memory.ts'
import { Channel } from '../supervisor/channel.ts'
import type { Failure, Ready } from '../supervisor/messages.ts'
import { PassedSockets } from '../supervisor/passed-sockets.ts'
import { untilSignalled } from './signals.ts'

/** What a gateway that runs as a process has around it. */
export interface Stage {
  readonly sockets: Sockets
  /** Another worker serves meanwhile, so there is time to look at endpoints first. */
  readonly isUpgrade: boolean
  readonly ending: Ending
  /** Where plugins keep what outlives them, the process too where somebody remembers it. */
  memory(): Promise<Memory>
  /** The gateway ends though nobody asked this stage to. */
  ends(): void
  ready(ready: Ready): void
  failed(failure: Failure): Promise<void>
  stopped(): void
}

/** Whether and how the process is to end. */
export class Ending {
  /** Gives whether another process accepts on the same sockets. */
  readonly asked: Promise<boolean>
  #isAsked = false
  #resolve: (isReplaced: boolean) => void = () => {}

  constructor() {
    this.asked = new Promise((resolve) => {
      this.#resolve = resolve
    })
  }

  get isAsked(): boolean {
    return this.#isAsked
  }

  ask(isReplaced: boolean): void {
    this.#isAsked = true
    this.#resolve(isReplaced)
  }
}

/** A process of its own: signals end it, what it has to say is printed. */
export function alone(): Stage {
  const ending = new Ending()
  untilSignalled(
    () => ending.ask(false),
    () => {},
  )
  process.on('SIGUSR2', () => {
    console.error('sluice: no upgrade without a supervisor: stop and start it')
  })
  return {
    sockets: ownSockets,
    isUpgrade: false,
    ending,
    memory: async () => new LiveMemory(),
    ends() {},
    ready: ({ banner }) => console.log(banner),
    failed: async () => {},
    stopped: () => console.log('sluice: stopped'),
  }
}

/** The worker of a supervisor, which speaks for both. */
export function supervised(isUpgrade: boolean): Stage {
  const ending = new Ending()
  const channel = new Channel((isReplaced) => ending.ask(isReplaced))
  // Terminals and systemd signal every process of a group: the supervisor counts, this one ends.
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => ending.ask(false))
  // By default the first two end a process, and the third has node listen for a debugger. The worker
  // listens to the first itself, once it runs.
  for (const name of ['SIGHUP', 'SIGUSR2', 'SIGUSR1'] as const) process.on(name, () => {})
  void channel.tell({ kind: 'awake' })
  return {
    sockets: new PassedSockets(channel),
    isUpgrade,
    ending,
    memory: () => remembered(channel),
    ends: () => void channel.tell({ kind: 'stop' }),
    ready: (ready) => void channel.tell({ kind: 'ready', ...ready }),
    failed: (failure) => channel.tell({ kind: 'failed', ...failure }),
    stopped() {},
  }
}

async function remembered(channel: Channel): Promise<Memory> {
  const entries = await channel.recall()
  const memory = new LiveMemory(entries, (key, value) => {
    void channel.tell({ kind: 'remember', key, value })
  })
  channel.onKept = ({ key, value }) => memory.hear(key, value)
  return memory
}
