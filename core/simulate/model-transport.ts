import type {
  AnswerSink,
  Call,
  Connection,
  ConnectionSink,
  EndpointClient,
  EndpointTarget,
  OutgoingRequest,
  Transport,
  TransportAnswer,
  TransportFailure,
  TransportRequest,
} from '../contracts/transport.ts'
import type { Caller, ModelledEndpoint } from './modelled-endpoint.ts'

/**
 * The network of a simulation, for what plugins ask endpoints by themselves: a check is a call like
 * any other, waits where the others wait and meets the same faults. Answers have a status and no body;
 * a connection is there once such a call would be answered, and nobody says anything on it.
 */
export class ModelTransport implements Transport {
  readonly #modelOf: (url: string) => ModelledEndpoint

  constructor(modelOf: (url: string) => ModelledEndpoint) {
    this.#modelOf = modelOf
  }

  open({ url, connectTimeoutMs }: EndpointTarget): EndpointClient {
    const model = this.#modelOf(url)
    return {
      send: (_request: OutgoingRequest, sink: AnswerSink): Call => {
        const call = model.take(new Answering(sink), connectTimeoutMs)
        return { abort: () => call.abandon(), resume() {}, recycle() {} }
      },
      close() {},
      destroy() {},
    }
  }

  connect({ url, connectTimeoutMs }: EndpointTarget, sink: ConnectionSink): Connection {
    const caller: Caller = {
      answered: () => sink.connected(),
      failed: (failure) => sink.ended(whole(failure)),
    }
    const call = this.#modelOf(url).take(caller, connectTimeoutMs)
    return { write() {}, destroy: () => call.abandon() }
  }

  request({ url, timeoutMs }: TransportRequest): Promise<TransportAnswer> {
    const model = this.#modelOf(new URL(url).origin)
    return new Promise((resolve, reject) => {
      const answered = (status: number): void => {
        resolve({ status, headers: {}, cookies: [], body: Buffer.alloc(0) })
      }
      model.take({ answered, failed: (failure) => reject(whole(failure).cause) }, timeoutMs)
    })
  }

  async close(): Promise<void> {}
}

class Answering implements Caller {
  readonly #sink: AnswerSink

  constructor(sink: AnswerSink) {
    this.#sink = sink
  }

  answered(status: number): void {
    this.#sink.head(status, '', [])
    this.#sink.end([])
  }

  failed(failure: Pick<TransportFailure, 'outcome' | 'sent'>): void {
    this.#sink.failed(whole(failure))
  }
}

function whole({ outcome, sent }: Pick<TransportFailure, 'outcome' | 'sent'>): TransportFailure {
  const isRefused = outcome === 'connect-failed'
  const code = isRefused ? 'ENDPOINT_UNREACHABLE' : 'ENDPOINT_FAILED'
  const cause = Object.assign(new Error(isRefused ? 'refused' : 'broken off'), {
    code: isRefused ? 'ECONNREFUSED' : 'ECONNRESET',
  })
  return { outcome, code, cause, sent, reused: false }
}
