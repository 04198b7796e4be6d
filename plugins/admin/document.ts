import { OPERATIONS, type Operation } from './operations.ts'
import { SHAPES, type ShapeName } from './shapes.ts'

// What a unit stands for in plain JSON Schema.
const DURATION = {
  anyOf: [
    { type: 'number', minimum: 0 },
    { type: 'string', pattern: '^\\d+(\\.\\d+)?(ms|s|m|h)$' },
  ],
}

const REFUSALS: Readonly<Record<number, string>> = {
  400: 'The path, the JSON or what it says is wrong.',
  401: 'The token is missing or wrong.',
  403: 'The host, or a page of another origin, may not ask.',
  404: 'There is no such upstream or endpoint; the nearest name is told.',
  413: 'The body is larger than 64 KiB.',
  415: 'The body is not application/json.',
}

/** The API as an OpenAPI 3.1 document, made from the schemas that requests are judged by. */
export function openApi(hasToken: boolean): object {
  const paths: Record<string, Record<string, object>> = {}
  for (const operation of OPERATIONS) {
    const path = operation.path.replace(/:(\w+)/g, '{$1}')
    const known = paths[path] ?? {}
    known[operation.method.toLowerCase()] = described(operation)
    paths[path] = known
  }
  const schemas = Object.entries(SHAPES).map(([name, shape]) => [name, plain(shape)])
  return {
    openapi: '3.1.0',
    info: { title: 'Sluice admin API', version: '1' },
    paths,
    components: {
      schemas: Object.fromEntries(schemas),
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
    },
    ...(hasToken && { security: [{ token: [] }] }),
  }
}

function described(operation: Operation): object {
  const { id, path, summary, body } = operation
  const parameters = Array.from(path.matchAll(/:(\w+)/g), ([, name]) => {
    return { name, in: 'path', required: true, schema: { type: 'string' } }
  })
  return {
    operationId: id,
    summary,
    parameters,
    ...(body !== undefined && {
      requestBody: {
        required: 'required' in body && Array.isArray(body.required) && body.required.length > 0,
        content: {
          'application/json': { schema: { ...plain(body), additionalProperties: false } },
        },
      },
    }),
    responses: { ...answersOf(operation), ...refusalsOf(operation) },
  }
}

function answersOf({ id, answers }: Operation): Record<string, object> {
  // The document does not describe itself.
  if (id === 'document') return { 200: { description: 'This document.' } }
  const told = Object.entries(answers).map(([status, shape]) => [
    status,
    { description: DESCRIPTIONS[Number(status)] ?? '', ...(shape && contentOf(shape)) },
  ])
  return Object.fromEntries(told)
}

const DESCRIPTIONS: Readonly<Record<number, string>> = {
  200: 'Done, or what was asked for.',
  201: 'It is there.',
  202: 'It has begun.',
  204: 'It is gone.',
  409: 'It does not go together with what there is.',
  422: 'The config is wrong, with every problem; nothing has changed.',
  503: 'Not ready.',
}

function refusalsOf({ path, body }: Operation): Record<string, object> {
  const isNamed = path.includes(':')
  const statuses = [401, 403, ...(isNamed ? [404] : []), ...(body ? [400, 413, 415] : [])]
  const told = statuses.map((status) => [
    status,
    { description: REFUSALS[status], ...contentOf('Problem') },
  ])
  return Object.fromEntries(told)
}

function contentOf(shape: ShapeName): object {
  const type = shape === 'Problem' ? 'application/problem+json' : 'application/json'
  return { content: { [type]: { schema: { $ref: `#/components/schemas/${shape}` } } } }
}

/** Without what only this project's own checks know. */
function plain(schema: unknown): object {
  return JSON.parse(JSON.stringify(schema), (_key, value: unknown) => {
    if (typeof value !== 'object' || value === null || !('unit' in value)) return value
    const { unit: _unit, ...rest } = value
    return { ...rest, ...DURATION }
  })
}
