import type { Duplex } from 'node:stream'
import { DEADLINE_MS, within } from './deadline.ts'

/** One HTTP/1 message as it came over the wire. Text is latin1: one character a byte. */
export interface Message {
  readonly startLine: string
  /** Names and values in the order and spelling they came in. */
  readonly headers: readonly (readonly [string, string])[]
  readonly body: Buffer
  /** False when the connection ended before the message did. */
  readonly isWhole: boolean
}

/** What a reader cannot see in the message itself. */
export interface Framing {
  /** The answer to a HEAD has no body whatever its head says. */
  readonly isBodiless?: boolean
  readonly deadlineMs?: number
}

/** Reads HTTP/1 messages off a socket, trusting nothing of the code under test. */
export class MessageReader {
  #buffered = Buffer.alloc(0)
  #isOver = false
  #isDiscarding = false
  #wake: () => void = () => undefined
  /** Bytes that came so far. */
  received = 0

  constructor(socket: Duplex) {
    const over = (): void => {
      this.#isOver = true
      this.#wake()
    }
    socket.on('data', (chunk: Buffer) => {
      this.received += chunk.length
      if (!this.#isDiscarding) this.#buffered = Buffer.concat([this.#buffered, chunk])
      this.#wake()
    })
    socket.on('end', over).on('close', over).on('error', over)
  }

  /** The next message; undefined when the connection ended between two. */
  next({
    isBodiless = false,
    deadlineMs = DEADLINE_MS,
  }: Framing = {}): Promise<Message | undefined> {
    return within(this.#message(isBodiless), 'a whole message', deadlineMs)
  }

  /** The next message's head alone; its body stays unread. */
  head(deadlineMs = DEADLINE_MS): Promise<Message | undefined> {
    return within(this.#head(), 'the head of a message', deadlineMs)
  }

  /** The message whose head came, with its body. */
  body(head: Message, deadlineMs = DEADLINE_MS): Promise<Message> {
    return within(this.#withBody(head, false), 'the body of a message', deadlineMs)
  }

  /** So many bytes as text; fewer when the connection ends before. */
  bytes(count: number, deadlineMs = DEADLINE_MS): Promise<string> {
    const taken = this.#take(count).then((bytes) => bytes.toString('latin1'))
    return within(taken, `${count} bytes`, deadlineMs)
  }

  /** From now on bytes are counted and dropped. */
  discard(): void {
    this.#isDiscarding = true
    this.#buffered = Buffer.alloc(0)
  }

  /** All that comes until the connection ends. */
  rest(deadlineMs = DEADLINE_MS): Promise<string> {
    return within(this.#rest(), 'the end of the connection', deadlineMs)
  }

  async #message(isBodiless: boolean): Promise<Message | undefined> {
    const head = await this.#head()
    return head === undefined ? undefined : this.#withBody(head, isBodiless)
  }

  async #withBody(head: Message, isBodiless: boolean): Promise<Message> {
    if (!head.isWhole || isBodiless || hasNoBody(head)) return head
    if (headerOf(head, 'transfer-encoding')?.toLowerCase() === 'chunked') return this.#chunked(head)
    const length = headerOf(head, 'content-length')
    if (length === undefined) {
      const rest = isRequest(head) ? '' : await this.#rest()
      return { ...head, body: Buffer.from(rest, 'latin1') }
    }
    const body = await this.#take(Number(length))
    return { ...head, body, isWhole: body.length === Number(length) }
  }

  async #head(): Promise<Message | undefined> {
    const text = await this.#upTo('\r\n\r\n')
    if (text === undefined) {
      if (this.#buffered.length === 0) return undefined
      const startLine = await this.#rest()
      return { startLine, headers: [], body: Buffer.alloc(0), isWhole: false }
    }
    const [startLine = '', ...lines] = text.split('\r\n')
    const headers = lines.map((line) => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon), line.slice(colon + 1).trim()] as const
    })
    return { startLine, headers, body: Buffer.alloc(0), isWhole: true }
  }

  async #chunked(head: Message): Promise<Message> {
    const pieces: Buffer[] = []
    for (;;) {
      const size = Number.parseInt((await this.#upTo('\r\n')) ?? '', 16)
      const piece = size > 0 ? await this.#take(size) : Buffer.alloc(0)
      if (Number.isNaN(size) || piece.length < size) break
      pieces.push(piece)
      if (size > 0) await this.#upTo('\r\n')
      else {
        // Trailers, if any, and the empty line.
        let line = await this.#upTo('\r\n')
        while (line) line = await this.#upTo('\r\n')
        return { ...head, body: Buffer.concat(pieces), isWhole: line === '' }
      }
    }
    return { ...head, body: Buffer.concat(pieces), isWhole: false }
  }

  async #upTo(mark: string): Promise<string | undefined> {
    for (;;) {
      const at = this.#buffered.indexOf(mark)
      if (at >= 0) {
        const text = this.#buffered.toString('latin1', 0, at)
        this.#buffered = this.#buffered.subarray(at + mark.length)
        return text
      }
      if (!(await this.#more())) return undefined
    }
  }

  async #take(bytes: number): Promise<Buffer> {
    const pieces: Buffer[] = []
    let missing = bytes
    while (missing > 0) {
      const piece = this.#buffered.subarray(0, missing)
      this.#buffered = this.#buffered.subarray(piece.length)
      pieces.push(piece)
      missing -= piece.length
      if (missing > 0 && !(await this.#more())) break
    }
    return Buffer.concat(pieces)
  }

  async #rest(): Promise<string> {
    while (await this.#more());
    const text = this.#buffered.toString('latin1')
    this.#buffered = Buffer.alloc(0)
    return text
  }

  /** Waits for more bytes; false when none will come. */
  async #more(): Promise<boolean> {
    if (this.#isOver) return false
    const before = this.received
    await new Promise<void>((resolve) => {
      this.#wake = resolve
    })
    return this.received > before
  }
}

/** The value under a lower-case name; several lines are joined by `, `. */
export function headerOf(message: Message | undefined, name: string): string | undefined {
  const lines = message?.headers.filter(([key]) => key.toLowerCase() === name) ?? []
  return lines.length === 0 ? undefined : lines.map(([, value]) => value).join(', ')
}

/** The status of an answer; 0 for what is none. */
export function statusOf(message: Message | undefined): number {
  return Number(/^HTTP\/1\.1 (\d{3})( |$)/.exec(message?.startLine ?? '')?.[1] ?? 0)
}

function isRequest(message: Message): boolean {
  return !message.startLine.startsWith('HTTP/')
}

function hasNoBody(message: Message): boolean {
  return !isRequest(message) && /^\S+ (1\d\d|204|304)/.test(message.startLine)
}
