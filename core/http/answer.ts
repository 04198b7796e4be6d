import { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'
import type { AnswerBody, Headers } from '../contracts/exchange.ts'
import type { RawHeaders } from '../contracts/transport.ts'
import { GatewayError } from '../errors.ts'
import type { HttpExchange } from './exchange.ts'

/** How an answer reaches the client: chosen per route at boot. */
export interface Answering {
  /** A head; `isBodiless` when no data will follow. */
  head(
    exchange: HttpExchange,
    status: number,
    text: string,
    headers: RawHeaders,
    isBodiless: boolean,
  ): void
  /** A piece of the body; false asks to wait for `exchange.resume`. */
  data(exchange: HttpExchange, chunk: Buffer): boolean
  end(exchange: HttpExchange, trailers: RawHeaders): void
  /** A whole answer of the gateway's own. */
  whole(exchange: HttpExchange, status: number, headers: RawHeaders, body: AnswerBody): void
  /** Breaks the connection off, so that nobody takes half a body for a whole one. */
  cut(exchange: HttpExchange): void
}

// A small body is sent as one string with its head; beyond this, gathering buffers is cheaper.
const ONE_WRITE_BYTES = 8_192

/** Bytes straight to the raw response: nothing of Fastify's wants to see them. */
export const passThrough: Answering = {
  head(exchange, status, text, headers, isBodiless) {
    exchange.res.writeHead(status, text, headers)
    // A head whose body is still to come goes out now: an event stream may be silent for long.
    if (!isBodiless) exchange.generation.host.lateHeads.add(exchange)
  },
  data(exchange, chunk) {
    const { res } = exchange
    const { socket } = res
    // Behind the answers of pipelined requests there is no socket yet; node keeps the bytes.
    if (socket === null) return res.write(chunk) || awaitDrain(exchange)
    const isOneWrite = chunk.length === exchange.answerLength && chunk.length <= ONE_WRITE_BYTES
    // Node corks until the end of the turn and counts what is corked as backlog. Corked here, the
    // bytes go to the kernel now, and only what it did not take is a reason to wait.
    socket.cork()
    if (isOneWrite) res.write(chunk.toString('latin1'), 'latin1')
    else res.write(chunk)
    socket.uncork()
    return socket.writableLength < socket.writableHighWaterMark || awaitDrain(exchange)
  },
  end(exchange, trailers) {
    if (trailers.length > 0) exchange.res.addTrailers(pairs(trailers))
    exchange.res.end()
  },
  whole(exchange, status, headers, body) {
    const { res } = exchange
    res.writeHead(status, headers)
    if (typeof body === 'string' || body instanceof Uint8Array) res.end(body)
    else pipeInto(exchange, Readable.from(counted(exchange, body), { objectMode: false }))
  },
  cut(exchange) {
    exchange.res.destroy()
  },
}

/** Through Fastify's reply, so that the hooks of native plugins see headers and body. */
export const throughReply: Answering = {
  head(exchange, status, _text, headers, isBodiless) {
    const reply = replyOf(exchange)
    // Fastify refuses codes beyond 599, which are in use.
    if (status < 600) reply.code(status)
    else reply.raw.statusCode = status
    for (const [name, value] of grouped(headers)) reply.header(name, value)
    if (isBodiless) return
    exchange.body = new ReplyBody(exchange)
    reply.send(exchange.body)
  },
  data(exchange, chunk) {
    return exchange.body?.push(chunk) ?? true
  },
  end(exchange, trailers) {
    if (trailers.length > 0) exchange.res.addTrailers(pairs(trailers))
    if (exchange.body === undefined) replyOf(exchange).send()
    else exchange.body.push(null)
  },
  whole(exchange, status, headers, body) {
    const reply = replyOf(exchange).code(status)
    for (const [name, value] of grouped(headers)) reply.header(name, value)
    const isText = typeof body === 'string' || body instanceof Uint8Array
    // Fastify would tell the length of nothing: of a 304 that is another one's length.
    if (isText && body.length === 0) reply.send()
    // As bytes: Fastify would add a charset to the type of a text.
    else if (isText) reply.send(Buffer.from(body))
    else reply.send(Readable.from(counted(exchange, body), { objectMode: false }))
  },
  cut(exchange) {
    if (exchange.body === undefined) exchange.res.destroy()
    else exchange.body.destroy(new GatewayError('ENDPOINT_FAILED'))
  },
}

/** The headers of a reply of a plugin's own, as a raw list. */
export function rawHeaders(headers: Headers): RawHeaders {
  const raw: RawHeaders = []
  for (const [name, value] of Object.entries(headers)) {
    for (const line of [value].flat()) raw.push(name, line as string)
  }
  return raw
}

export async function* counted(exchange: HttpExchange, body: AsyncIterable<Uint8Array>) {
  for await (const chunk of body) {
    exchange.sent += chunk.length
    yield chunk
  }
}

/** Has the exchange go on once its response has drained. */
export function awaitDrain(exchange: HttpExchange): false {
  if (!exchange.awaitsDrain) exchange.res.on('drain', () => exchange.resume())
  exchange.awaitsDrain = true
  return false
}

class ReplyBody extends Readable {
  readonly #exchange: HttpExchange

  constructor(exchange: HttpExchange) {
    super()
    this.#exchange = exchange
  }

  override _read(): void {
    this.#exchange.resume()
  }

  /** Fastify has set every header when it pipes the body into the response: they can go out. */
  override pipe<To extends NodeJS.WritableStream>(to: To, options?: { end?: boolean }): To {
    const exchange = this.#exchange
    if (exchange.res === (to as unknown)) exchange.generation.host.lateHeads.add(exchange)
    return super.pipe(to, options)
  }
}

function replyOf(exchange: HttpExchange): FastifyReply {
  if (exchange.fastifyReply === undefined) throw new Error('the exchange is not on Fastify’s lane')
  return exchange.fastifyReply
}

/** Sends a body that comes piece by piece. */
export function pipeInto(exchange: HttpExchange, body: Readable): void {
  body.on('error', (error) => {
    exchange.generation.host.log.error(
      { err: error, route: exchange.route.id },
      'a reply broke off',
    )
    exchange.cut()
  })
  if (exchange.isClosed) {
    body.destroy()
    return
  }
  exchange.res.on('close', () => body.destroy())
  body.pipe(exchange.res)
}

/** A raw list as pairs. */
export function pairs(raw: RawHeaders): [string, string][] {
  const list: [string, string][] = []
  for (let i = 0; i < raw.length; i += 2) list.push([raw[i] as string, raw[i + 1] as string])
  return list
}

function grouped(raw: RawHeaders): Map<string, string | string[]> {
  const lines = new Map<string, string | string[]>()
  for (const [name, value] of pairs(raw)) {
    const key = name.toLowerCase()
    const before = lines.get(key)
    lines.set(key, before === undefined ? value : [before, value].flat())
  }
  return lines
}
