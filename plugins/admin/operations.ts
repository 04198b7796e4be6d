import { duration, type Resolved, type TSchema, Type, validator } from '#core'
import type { ShapeName } from './shapes.ts'

// What led to it: a line of the log, not a page of it.
const cause = Type.Optional(
  Type.String({
    default: '',
    maxLength: 200,
    description: 'What led to it, for logs and timelines.',
  }),
)
const wait = Type.Optional(
  Type.Boolean({ default: false, description: 'Answer once it is over, in place of at once.' }),
)

const Nothing = Type.Object({})
const DrainBody = Type.Object({
  deadline: Type.Optional(
    duration({
      default: '30s',
      description: 'After so long it counts as drained whatever is left; tunnels are cut then.',
    }),
  ),
  cause,
  wait,
})
const CauseBody = Type.Object({ cause })
const HoldBody = Type.Object({
  cause,
  for: Type.Optional(
    duration({ default: 0, description: 'It ends by itself after so long; 0 for not by itself.' }),
  ),
})
const WeightBody = Type.Object({
  factor: Type.Number({
    exclusiveMinimum: 0,
    maximum: 1,
    description: 'The configured weight is multiplied by it, above 0 to 1; 1 puts it back.',
  }),
})
const EndpointBody = Type.Object({
  url: Type.String({ minLength: 1, description: 'Scheme, host and port.' }),
  id: Type.Optional(
    Type.String({ default: '', description: 'The URL’s host and port where it is left out.' }),
  ),
  weight: Type.Optional(Type.Number({ default: 1, exclusiveMinimum: 0, maximum: 65_535 })),
  priority: Type.Optional(Type.Integer({ default: 0, minimum: 0, maximum: 127 })),
  zone: Type.Optional(Type.String({ default: '' })),
})
const StopBody = Type.Object({
  deadline: Type.Optional(
    duration({
      default: '24h',
      description: 'Less time for what is in flight than the config gives; more is not to be had.',
    }),
  ),
  cause,
  wait,
})

const BODIES = {
  drain: DrainBody,
  undrain: CauseBody,
  release: CauseBody,
  hold: HoldBody,
  weigh: WeightBody,
  add: EndpointBody,
  stop: StopBody,
} as const

const ENDPOINT = '/upstreams/:name/endpoints/:id'

/** Every operation of the API: what its document, its checks and its pages are made from. */
export const OPERATIONS = [
  get('health', '/healthz', 'Whether the process answers.', { 200: 'Health' }),
  get('readiness', '/readyz', 'Whether the gateway wants requests; 503 while it does not.', {
    200: 'Gateway',
    503: 'Gateway',
  }),
  get('upstreams', '/upstreams', 'All upstreams with their endpoints, without timelines.', {
    200: 'Upstreams',
  }),
  get('upstream', '/upstreams/:name', 'One upstream with its endpoints and their timelines.', {
    200: 'Upstream',
  }),
  get('config', '/config', 'The config in force, secrets redacted.', { 200: 'Config' }),
  get('document', '/openapi.json', 'This API as an OpenAPI document.', {}),
  post(
    'drain',
    `${ENDPOINT}/drain`,
    'Takes an endpoint out of traffic, so that it can be stopped.',
    {
      body: DrainBody,
      answers: { 200: 'Endpoint', 202: 'Endpoint' },
    },
  ),
  post('undrain', `${ENDPOINT}/undrain`, 'Puts it back.', {
    body: CauseBody,
    answers: { 200: 'Endpoint' },
  }),
  post('hold', `${ENDPOINT}/hold`, 'Keeps new flows away; what is on it goes on.', {
    body: HoldBody,
    answers: { 200: 'Endpoint' },
  }),
  post('release', `${ENDPOINT}/release`, 'Ends that hold.', {
    body: CauseBody,
    answers: { 200: 'Endpoint' },
  }),
  post('weigh', `${ENDPOINT}/weight`, 'Gives it a part of its configured weight.', {
    body: WeightBody,
    answers: { 200: 'Endpoint' },
  }),
  post('add', '/upstreams/:name/endpoints', 'Adds an endpoint.', {
    body: EndpointBody,
    answers: { 201: 'Endpoint', 409: 'Problem' },
  }),
  {
    id: 'remove',
    method: 'DELETE',
    path: ENDPOINT,
    summary: 'Removes an endpoint that was added here; what is on it goes on.',
    body: undefined,
    judge: validator('remove', Nothing),
    answers: { 204: undefined, 409: 'Problem' },
  },
  post('reload', '/reload', 'Puts the config file as it is now into force, whole or not at all.', {
    body: Nothing,
    answers: { 200: 'Changes', 409: 'Problem', 422: 'Problem' },
  }),
  post('stop', '/drain', 'Stops the gateway as SIGTERM does.', {
    body: StopBody,
    answers: { 200: 'Stopped', 202: 'Gateway' },
  }),
] as const

/** Names one of the operations. */
export type OperationId = (typeof OPERATIONS)[number]['id']

/** One of them, its types forgotten. */
export interface Operation {
  readonly id: OperationId
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly path: string
  readonly summary: string
  /** Undefined where there is nothing to send. */
  readonly body: TSchema | undefined
  readonly judge: ReturnType<typeof validator>
  /** The shape of each answer, by its status; undefined for none. */
  readonly answers: Readonly<Record<number, ShapeName | undefined>>
}

/** What the body of an operation says, once it is judged. */
export type BodyOf<Id extends OperationId> = Id extends keyof typeof BODIES
  ? Resolved<(typeof BODIES)[Id]>
  : Readonly<Record<string, never>>

function get<const Id extends string, const Answers extends Operation['answers']>(
  id: Id,
  path: string,
  summary: string,
  answers: Answers,
) {
  const judge = validator(id, Nothing)
  return { id, method: 'GET', path, summary, body: undefined, judge, answers } as const
}

function post<
  const Id extends string,
  Body extends ReturnType<typeof Type.Object>,
  const Answers extends Operation['answers'],
>(id: Id, path: string, summary: string, said: { body: Body; answers: Answers }) {
  const judge = validator(id, said.body)
  return { id, method: 'POST', path, summary, judge, ...said } as const
}
