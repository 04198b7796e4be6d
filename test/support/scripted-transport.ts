import type { AnswerSink, OutgoingRequest, Transport } from 'sluice'

/** A network without connections: `serve` tells a sink whatever it likes, whenever it likes. */
export interface ScriptedTransport extends Transport {
  /** What was sent so far. */
  readonly requests: readonly OutgoingRequest[]
}

export function scriptedTransport(
  serve: (request: OutgoingRequest, sink: AnswerSink) => void,
): ScriptedTransport {
  const requests: OutgoingRequest[] = []
  return {
    requests,
    open: () => ({
      send(request, sink) {
        requests.push(request)
        serve(request, sink)
        return { abort() {}, resume() {}, recycle() {} }
      },
      close() {},
      destroy() {},
    }),
    connect: () => {
      throw new Error('not here')
    },
    request: () => Promise.reject(new Error('not here')),
    close: async () => undefined,
  }
}
