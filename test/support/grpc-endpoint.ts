import { promisify } from 'node:util'
import {
  type ChannelCredentials,
  Client,
  type handleBidiStreamingCall,
  type handleClientStreamingCall,
  type handleServerStreamingCall,
  type handleUnaryCall,
  Metadata,
  type MethodDefinition,
  Server,
  ServerCredentials,
  type ServiceDefinition,
  status,
} from '@grpc/grpc-js'
import type { Teardown } from './teardown.ts'

type Method = MethodDefinition<Buffer, Buffer>

/** Echoes bytes in each of the four shapes a call may have. Messages are bytes, not protobuf. */
export const ECHO = {
  unary: method('Unary', false, false),
  down: method('Down', false, true),
  up: method('Up', true, false),
  both: method('Both', true, true),
} satisfies ServiceDefinition

/** A server of gRPC, and what it saw. */
export interface GrpcEndpoint {
  readonly port: number
  readonly metadata: Metadata[]
  /** Calls that their client cancelled. */
  cancelled: number
  /** Ends it now, with all its connections. */
  stop(): void
}

const NO_BOUND = {
  'grpc.max_receive_message_length': -1,
  'grpc.max_send_message_length': -1,
}

/**
 * Starts an echo. `unary` fails with the code that the metadata `fail` names; `down` sends the
 * message as often as the metadata `times` says, or for ever; `unary` of `wait` never answers.
 */
export async function startGrpcEndpoint(t: Teardown): Promise<GrpcEndpoint> {
  const server = new Server(NO_BOUND)
  const seen: GrpcEndpoint = {
    port: 0,
    metadata: [],
    cancelled: 0,
    stop: () => server.forceShutdown(),
  }
  const enter = (call: {
    metadata: Metadata
    on(event: 'cancelled', run: () => void): unknown
  }) => {
    seen.metadata.push(call.metadata)
    call.on('cancelled', () => {
      seen.cancelled++
    })
  }
  const unary: handleUnaryCall<Buffer, Buffer> = (call, done) => {
    enter(call)
    const [code] = call.metadata.get('fail')
    const trailers = new Metadata()
    trailers.set('x-trailer', 'after')
    trailers.set('x-raw-bin', Buffer.from([0, 255, 128]))
    if (code !== undefined) {
      done({ code: Number(code), details: 'as asked: 100 %', metadata: trailers })
    } else if (call.request.toString() !== 'wait') {
      const head = new Metadata()
      head.set('x-head', 'before')
      head.set('x-head-bin', Buffer.from([1, 2, 3]))
      call.sendMetadata(head)
      done(null, call.request, trailers)
    }
  }
  const down: handleServerStreamingCall<Buffer, Buffer> = async (call) => {
    enter(call)
    const times = Number(call.metadata.get('times')[0] ?? Number.POSITIVE_INFINITY)
    let wake: () => void = noOp
    call.on('drain', () => wake()).on('cancelled', () => wake())
    for (let i = 0; i < times && !call.cancelled; i++) {
      if (call.write(call.request)) continue
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
    call.end()
  }
  const up: handleClientStreamingCall<Buffer, Buffer> = (call, done) => {
    enter(call)
    let bytes = 0
    call.on('data', (message: Buffer) => {
      bytes += message.length
    })
    call.on('end', () => done(null, Buffer.from(String(bytes))))
    call.on('error', () => undefined)
  }
  const both: handleBidiStreamingCall<Buffer, Buffer> = (call) => {
    enter(call)
    call.on('data', (message: Buffer) => {
      if (!call.write(message)) call.pause()
    })
    call.on('drain', () => call.resume())
    call.on('end', () => call.end())
    call.on('error', () => undefined)
  }
  server.addService(ECHO, { unary, down, up, both })
  t.after(() => server.forceShutdown())
  const bind = promisify(server.bindAsync.bind(server))
  const port = await bind('127.0.0.1:0', ServerCredentials.createInsecure())
  return Object.assign(seen, { port })
}

/** A client of the echo at an address. */
export function grpcClient(t: Teardown, address: string, credentials: ChannelCredentials): Client {
  // An address is no name that TLS could ask for.
  const client = new Client(address, credentials, {
    ...NO_BOUND,
    'grpc.ssl_target_name_override': 'a.test',
  })
  t.after(() => client.close())
  return client
}

/** What came of a call with one answer. */
export interface Got {
  readonly message: Buffer | undefined
  readonly code: number
  readonly details: string
  readonly head: Metadata
  readonly trailers: Metadata
}

/** Makes a unary call, with a metadata pair in turn each. */
export function unary(
  client: Client,
  message: string | Buffer,
  pairs: Readonly<Record<string, string | Buffer>> = {},
  options: { deadline?: number } = {},
): Promise<Got> {
  const { path, requestSerialize, responseDeserialize } = ECHO.unary
  return new Promise((resolve) => {
    let head = new Metadata()
    let answer: Buffer | undefined
    const call = client.makeUnaryRequest(
      path,
      requestSerialize,
      responseDeserialize,
      Buffer.from(message),
      metadata(pairs),
      options,
      (_error, value) => {
        answer = value
      },
    )
    call.on('metadata', (got: Metadata) => {
      head = got
    })
    call.on('status', ({ code, details, metadata: trailers }) => {
      // The message is told right behind the status.
      setImmediate(() => resolve({ message: answer, code, details, head, trailers }))
    })
  })
}

export function metadata(pairs: Readonly<Record<string, string | Buffer>>): Metadata {
  const made = new Metadata()
  for (const [name, value] of Object.entries(pairs)) made.set(name, value)
  return made
}

export { status }

function noOp(): void {}

function method(name: string, requestStream: boolean, responseStream: boolean): Method {
  const same = (bytes: Buffer): Buffer => bytes
  return {
    path: `/sluice.test.Echo/${name}`,
    requestStream,
    responseStream,
    requestSerialize: same,
    requestDeserialize: same,
    responseSerialize: same,
    responseDeserialize: same,
  }
}
