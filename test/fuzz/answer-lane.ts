import { once } from 'node:events'
import { request } from 'node:http'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { waitFor } from '../support/deadline.ts'
import { type StartedGateway, startGatewayTo, whenIdle } from '../support/start-gateway.ts'
import {
  isInterim,
  type Read,
  readAnswers,
  readEndpointsAnswers,
} from '../support/strict-reader.ts'
import type { Teardown } from '../support/teardown.ts'
import type { Lane } from './lane.ts'
import { send } from './request-lane.ts'

const GET = 'GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n'
// So many turns of the loop take what is in the kernel to whoever reads it.
const TURNS = 5
const UPSTREAM = { timeouts: { response: '1s', idle: '1s' } } as const

/** What the endpoint does next. */
interface Plan {
  pieces: readonly string[]
  good: string
  /** Whether every piece is on its way. */
  isSaid: boolean
}

/**
 * Has an endpoint send mutated answers. Two readers look at what the client gets: it must be one
 * well-formed answer, or visibly less than one; and the next client must get its own.
 */
export class AnswerLane implements Lane {
  readonly #started: StartedGateway
  readonly #plan: Plan
  readonly #sockets: ReadonlySet<Socket>
  #count = 0

  private constructor(started: StartedGateway, plan: Plan, sockets: ReadonlySet<Socket>) {
    this.#started = started
    this.#plan = plan
    this.#sockets = sockets
  }

  static async open(t: Teardown): Promise<AnswerLane> {
    const plan: Plan = { pieces: [], good: '', isSaid: true }
    const sockets = new Set<Socket>()
    const url = await startAnswering(t, plan, sockets)
    const started = await startGatewayTo(t, [url], { upstream: UPSTREAM })
    return new AnswerLane(started, plan, sockets)
  }

  async attempt(pieces: readonly string[]): Promise<string | undefined> {
    const { gateway, port } = this.#started
    this.#plan.pieces = pieces
    this.#plan.isSaid = false
    this.#plan.good = `good ${this.#count++}`
    const bytes = await send(port, [GET])
    if (bytes === undefined) return 'the gateway neither answered nor closed'
    await waitFor(() => this.#plan.isSaid, 'the endpoint has said everything')
    // Bytes that come behind the next request are its answer: nobody can tell them from it.
    for (let turn = 0; turn < TURNS; turn++) await nextTurn()
    this.#plan.pieces = []
    const complaint = await judge(bytes, pieces.join(''))
    if (complaint !== undefined) return complaint
    let next = await send(port, [GET])
    // A machine that stands still for a second runs into the timeout by itself; twice it does not.
    if (next?.startsWith('HTTP/1.1 504')) next = await send(port, [GET])
    const [answer] = readAnswers(next ?? '').messages
    if (answer?.body !== this.#plan.good) return `the next client got ${JSON.stringify(next)}`
    try {
      await whenIdle(gateway)
    } catch (error: unknown) {
      return String(error)
    }
    return this.#sockets.size > 4 ? `${this.#sockets.size} connections are open` : undefined
  }
}

async function judge(bytes: string, said: string): Promise<string | undefined> {
  const { messages, rest, error } = readAnswers(bytes)
  if (error !== undefined) return `the strict reader: ${error}, in ${JSON.stringify(bytes)}`
  if (messages.length > 1) return `several answers: ${JSON.stringify(bytes)}`
  if (messages.length === 1 && rest !== '')
    return `bytes behind the answer: ${JSON.stringify(rest)}`
  const seen = await readByNode(bytes)
  if (isDeepStrictEqual(seen, messages[0])) return compare(messages[0], said)
  return `the strict reader found ${JSON.stringify(messages[0])}, node ${JSON.stringify(seen)}`
}

/** What was passed on must be what two readers find in the endpoint's own bytes: nothing is mended. */
async function compare(passed: Read | undefined, said: string): Promise<string | undefined> {
  const isOurs = passed?.headers.includes('application/problem+json')
  if (passed === undefined || isOurs) return undefined
  const strict = readEndpointsAnswers(said).messages.find(({ line }) => !isInterim(line))
  const node = await readByNode(said)
  const found = [strict, node].filter((one) => one !== undefined)
  if (found.length === 0) return `passed on what nobody else reads: ${JSON.stringify(passed)}`
  const other = found.find(({ body }) => body !== passed.body)
  return other && `passed on ${JSON.stringify(passed)}, another reads ${JSON.stringify(other)}`
}

/** The answer as node's client reads it; undefined for none that is whole. */
function readByNode(bytes: string): Promise<Read | undefined> {
  return new Promise((resolve) => {
    const wire = new Duplex({
      read() {
        this.push(Buffer.from(bytes, 'latin1'))
        this.push(null)
      },
      write: (_chunk, _encoding, done) => done(),
    })
    const req = request({ createConnection: () => wire, maxHeaderSize: 2 ** 20 }, (res) => {
      let body = ''
      res.setEncoding('latin1').on('data', (text: string) => {
        body += text
      })
      res.on('error', () => resolve(undefined))
      res.on('end', () => {
        const line = `HTTP/${res.httpVersion} ${res.statusCode} ${res.statusMessage}`
        resolve({ line, headers: res.rawHeaders, body, trailers: res.rawTrailers })
      })
    })
    req.on('error', () => resolve(undefined))
    req.end()
  })
}

async function startAnswering(t: Teardown, plan: Plan, sockets: Set<Socket>): Promise<string> {
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket)
    let heard = ''
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket))
    socket.on('data', (chunk) => {
      heard += chunk.toString('latin1')
      if (!heard.endsWith('\r\n\r\n')) return
      heard = ''
      answer(socket, plan)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function answer(socket: Socket, plan: Plan): void {
  const { pieces, good } = plan
  if (pieces.length === 0) {
    socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${good.length}\r\n\r\n${good}`)
    return
  }
  let next = 0
  const more = (): void => {
    const piece = pieces[next++]
    plan.isSaid = piece === undefined || !socket.writable
    if (piece === undefined || plan.isSaid) return
    socket.write(Buffer.from(piece, 'latin1'), () => setImmediate(more))
  }
  more()
}
