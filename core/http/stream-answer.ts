import { Readable } from 'node:stream'
import { type Answering, awaitDrain, pairs, pipeInto } from './answer.ts'
import type { HttpExchange } from './exchange.ts'
import type { StreamResponse } from './stream-response.ts'

/** Bytes straight to an HTTP/2 stream: nothing of Fastify's wants to see them. */
export const straightToStream: Answering = {
  head(exchange, status, _text, headers, isBodiless) {
    responseOf(exchange).hold(status, headers)
    // Whether a body follows shows within the turn; a silent event stream is sent its head then.
    if (!isBodiless) exchange.generation.host.lateHeads.add(exchange)
  },
  data(exchange, chunk) {
    return responseOf(exchange).send(chunk) || awaitDrain(exchange)
  },
  end(exchange, trailers) {
    const res = responseOf(exchange)
    if (trailers.length > 0) res.addTrailers(pairs(trailers))
    res.finish()
  },
  whole(exchange, status, headers, body) {
    const res = responseOf(exchange)
    res.hold(status, headers)
    if (typeof body === 'string' || body instanceof Uint8Array) res.finish(body)
    else if (exchange.method === 'HEAD') res.finish()
    else {
      res.flushHeaders()
      pipeInto(exchange, Readable.from(body, { objectMode: false }))
    }
  },
  cut(exchange) {
    responseOf(exchange).destroy()
  },
}

function responseOf(exchange: HttpExchange): StreamResponse {
  return exchange.res as unknown as StreamResponse
}
