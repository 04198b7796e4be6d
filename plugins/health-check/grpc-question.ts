import type { EndpointTarget, RawHeaders } from '#core'
import { type Failing, unwell } from './probe.ts'
import type { Answered, Question } from './request-probe.ts'

// grpc/doc/health-checking.md: HealthCheckResponse.ServingStatus.
const STATES = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN']
const SERVING = 1
const UNIMPLEMENTED = '12'
const NOT_FOUND = '5'
// A message of gRPC: whether it is compressed, its length in four bytes, itself.
const PREFIX_BYTES = 5
// A field of protobuf: its number shifted by three, and its wire type (0 varint, 2 bytes).
const SERVICE_FIELD = (1 << 3) | 2
const STATUS_FIELD = (1 << 3) | 0

/** Asks for the state of a service (grpc.health.v1.Health/Check); '' is the whole server. */
export function grpcQuestion(service: string, { url }: EndpointTarget): Question {
  const { host } = new URL(url)
  return {
    request: {
      method: 'POST',
      target: '/grpc.health.v1.Health/Check',
      headers: ['host', host, 'content-type', 'application/grpc', 'user-agent', AGENT],
      body: requestOf(service),
      upgrade: undefined,
      prompt: false,
    },
    readsBody: true,
    judge,
  }
}

const AGENT = 'sluice-health-check'

function requestOf(service: string): Buffer {
  const name = Buffer.from(service)
  const message =
    name.length === 0
      ? name
      : Buffer.concat([Buffer.from([SERVICE_FIELD, ...varint(name.length)]), name])
  const prefix = Buffer.alloc(PREFIX_BYTES)
  prefix.writeUInt32BE(message.length, 1)
  return Buffer.concat([prefix, message])
}

function judge({ status, headers, trailers, body }: Answered): Failing | undefined {
  if (status !== 200) return unwell(`status ${status}`)
  const code = find(trailers, 'grpc-status') ?? find(headers, 'grpc-status')
  if (code === UNIMPLEMENTED) return unwell('no health service (grpc-status 12)')
  if (code === NOT_FOUND) return unwell('unknown to the health service (grpc-status 5)')
  if (code !== '0') return unwell(code === undefined ? 'no grpc-status' : `grpc-status ${code}`)
  const state = stateOf(body)
  return state === SERVING ? undefined : unwell(STATES[state] ?? 'an answer of no health service')
}

/** The state in an answer; 0 where the field is left out, as protobuf has it; -1 for nonsense. */
function stateOf(body: Buffer): number {
  const isWhole = body.length >= PREFIX_BYTES && body.readUInt32BE(1) === body.length - PREFIX_BYTES
  if (!isWhole || body[0] !== 0) return -1
  if (body.length === PREFIX_BYTES) return 0
  return body[PREFIX_BYTES] === STATUS_FIELD ? (body[PREFIX_BYTES + 1] ?? -1) : -1
}

function varint(value: number): number[] {
  const bytes: number[] = []
  let rest = value
  for (; rest > 0x7f; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80)
  return [...bytes, rest]
}

function find(headers: RawHeaders, name: string): string | undefined {
  for (let i = 0; i < headers.length; i += 2) {
    if (headers[i]?.toLowerCase() === name) return headers[i + 1]
  }
  return undefined
}
