import type { SendHandle } from 'node:child_process'
import type { Json } from '../contracts/json.ts'
import type { Held } from './held-sockets.ts'
import { type FromWorker, isToWorker, type Kept, type ToWorker } from './messages.ts'

type Said<Message> = Message extends { readonly sluice: string } ? Omit<Message, 'sluice'> : never

/** A worker's way to its supervisor. */
export class Channel {
  readonly #onDrain: (isReplaced: boolean) => void
  /** Those who asked for a socket, by its key. */
  readonly #waiting = new Map<string, (socket: Held | undefined) => void>()

  #onMemory: (entries: readonly (readonly [string, Json])[]) => void = () => {}
  /** Hears what another worker keeps. */
  onKept: (kept: Kept) => void = () => {}

  /** `onDrain` is called when the supervisor wants this process to end, and when it is gone. */
  constructor(onDrain: (isReplaced: boolean) => void) {
    this.#onDrain = onDrain
    process.on('message', (message, socket) => {
      if (isToWorker(message)) this.#hear(message, socket as Held | undefined)
    })
    process.on('disconnect', () => this.#lost())
    // It may be gone by now, and that was told to nobody.
    if (!process.connected) this.#lost()
  }

  /** Gives the socket that is held under a key, if there is one. */
  take(key: string): Promise<Held | undefined> {
    return new Promise((resolve) => {
      if (!process.connected) return resolve(undefined)
      this.#waiting.set(key, resolve)
      this.tell({ kind: 'want', key })
    })
  }

  /** Gives what plugins have kept in workers before this one. */
  recall(): Promise<readonly (readonly [string, Json])[]> {
    return new Promise((resolve) => {
      if (!process.connected) return resolve([])
      this.#onMemory = resolve
      this.tell({ kind: 'recall' })
    })
  }

  /** Resolves once it is on its way. A supervisor that is gone shows in `disconnect`. */
  tell(message: Said<FromWorker>, socket?: Held): Promise<void> {
    const whole = { sluice: 'from-worker', ...message }
    return new Promise((resolve) => {
      if (process.send === undefined) resolve()
      else process.send(whole, socket as unknown as SendHandle, {}, () => resolve())
    })
  }

  #lost(): void {
    this.#onDrain(false)
    for (const resolve of this.#waiting.values()) resolve(undefined)
    this.#waiting.clear()
    this.#onMemory([])
  }

  #hear(message: ToWorker, socket: Held | undefined): void {
    if (message.kind === 'drain') this.#onDrain(message.isReplaced)
    else if (message.kind === 'memory') this.#onMemory(message.entries)
    else if (message.kind === 'kept') this.onKept(message)
    else {
      this.#waiting.get(message.key)?.(socket)
      this.#waiting.delete(message.key)
    }
  }
}
