import { promisify } from 'node:util'
import {
  type handleUnaryCall,
  type MethodDefinition,
  Server,
  ServerCredentials,
  status,
} from '@grpc/grpc-js'
import type { Teardown } from './teardown.ts'

const STATES = { UNKNOWN: 0, SERVING: 1, NOT_SERVING: 2 }

/** A server whose only service is grpc.health.v1, with messages written as protobuf has them. */
export interface HealthService {
  readonly port: number
  /** By service; empty is the server. Others are NOT_FOUND, as the specification says. */
  readonly states: Map<string, keyof typeof STATES>
}

const CHECK: MethodDefinition<Buffer, Buffer> = {
  path: '/grpc.health.v1.Health/Check',
  requestStream: false,
  responseStream: false,
  requestSerialize: (bytes) => bytes,
  requestDeserialize: (bytes) => bytes,
  responseSerialize: (bytes) => bytes,
  responseDeserialize: (bytes) => bytes,
}

export async function startHealthService(t: Teardown): Promise<HealthService> {
  const states: HealthService['states'] = new Map([
    ['', 'SERVING'],
    ['greeter', 'SERVING'],
  ])
  const check: handleUnaryCall<Buffer, Buffer> = ({ request }, done) => {
    // Field 1, a text below 128 bytes; an empty message is an empty text.
    const state = states.get(request.subarray(2).toString())
    if (state === undefined) done({ code: status.NOT_FOUND, details: 'unknown service' })
    else done(null, Buffer.from([8, STATES[state]]))
  }
  const server = new Server()
  server.addService({ check: CHECK }, { check })
  t.after(() => server.forceShutdown())
  const bind = promisify(server.bindAsync.bind(server))
  return { port: await bind('127.0.0.1:0', ServerCredentials.createInsecure()), states }
}
