import type { IncomingMessage, ServerResponse } from 'node:http'
import type {
  Clock,
  Lifecycle,
  Logger,
  Memory,
  Plugin,
  RunningGateway,
  SidePort,
  Upstream,
} from '#core'
import { Acts } from './acts.ts'
import { find } from './directory.ts'
import { Guard, type GuardOptions } from './guard.ts'
import { readJson } from './json-body.ts'
import type { Operation } from './operations.ts'
import { Problem } from './problem.ts'
import { Wards } from './wards.ts'

/** The services of the gateway that the API acts through. */
export interface AdminServices {
  readonly clock: Clock
  readonly log: Logger
  readonly lifecycle: Lifecycle
  readonly gateway: RunningGateway
  readonly memory: Memory
}

export type AdminOptions = GuardOptions & { readonly port: number }

/** What an operation answers with; no body where there is none. */
export interface Answer {
  readonly status: number
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

const METHODS = 'GET, HEAD, POST, DELETE'

/** The admin API of one gateway. */
export class Admin implements Plugin {
  readonly listens: SidePort
  readonly #guard: Guard
  readonly #log: Logger
  readonly #wards: Wards
  readonly #acts: Acts

  constructor(options: AdminOptions, services: AdminServices) {
    const { host, port } = options
    this.listens = { host, port, handle: (request, response) => this.#handle(request, response) }
    this.#guard = new Guard(options)
    this.#log = services.log
    this.#wards = new Wards(services)
    this.#acts = new Acts(this.#wards, services, options.token !== '')
  }

  upstream(upstream: Upstream): void {
    this.#wards.take(upstream)
  }

  dispose(): void {
    this.#wards.close()
  }

  #handle(request: IncomingMessage, response: ServerResponse): void {
    const common: Record<string, string> = { 'cache-control': 'no-store' }
    this.#answer(request, common).then(
      (answer) => send(response, answer, common),
      (error: unknown) => {
        const problem = error instanceof Problem ? error : this.#failed(error)
        const { status, headers, document } = problem
        send(response, { status, headers, body: document }, common)
        // What still comes of the body is read and dropped: closing on it would lose the answer.
        request.resume()
      },
    )
  }

  async #answer(request: IncomingMessage, common: Record<string, string>): Promise<Answer> {
    const { method = '', url = '' } = request
    Object.assign(common, this.#guard.admit(request))
    const isPreflight = method === 'OPTIONS' && 'access-control-allow-origin' in common
    if (isPreflight) return preflight()
    this.#guard.authorize(request)
    const { operation, named } = find(method, url)
    const body = operation.body === undefined ? {} : await readJson(request)
    const judged = judge(operation, body)
    if (!judged.isRight) {
      throw new Problem(400, 'the body is wrong', { errors: judged.wrong })
    }
    const from = request.socket.remoteAddress ?? ''
    return this.#acts.run(operation.id, { named, body: judged.value as never, from })
  }

  #failed(error: unknown): Problem {
    this.#log.error({ err: error }, 'the admin API failed to answer')
    return new Problem(500, 'the gateway failed to answer; its log tells why')
  }
}

/** @throws Problem 400 for what is nested so deep that nobody can look into it */
function judge(operation: Operation, body: unknown): ReturnType<Operation['judge']> {
  try {
    return operation.judge(body)
  } catch (error: unknown) {
    if (error instanceof RangeError) throw new Problem(400, 'the body is nested too deep')
    throw error
  }
}

function preflight(): Answer {
  const headers = {
    'access-control-allow-methods': METHODS,
    'access-control-allow-headers': 'authorization, content-type',
  }
  return { status: 204, headers }
}

function send(
  response: ServerResponse,
  { status, body, headers }: Answer,
  common: Readonly<Record<string, string>>,
): void {
  // The client may have gone while it waited.
  if (response.destroyed || response.headersSent) return
  const isProblem = status >= 400 && status !== 503
  const type = body === undefined ? {} : { 'content-type': contentType(isProblem, body) }
  response.writeHead(status, { ...common, ...type, ...headers })
  response.end(body === undefined ? undefined : `${JSON.stringify(body)}\n`)
}

function contentType(isProblem: boolean, body: unknown): string {
  const isDocument = isProblem || (typeof body === 'object' && body !== null && 'title' in body)
  return isDocument ? 'application/problem+json' : 'application/json'
}
