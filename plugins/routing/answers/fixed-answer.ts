import { validateHeaderName, validateHeaderValue } from 'node:http'
import { checked, type Headers, Type } from '#core'

// What the gateway says of its own connection and of how a body is framed.
const FRAMING = /^(connection|content-length|keep-alive|trailer|transfer-encoding|upgrade)$/i
const BODILESS: readonly number[] = [204, 205, 304]

/** The headers of an answer that is always the same. */
export const fixedHeaders = checked(
  Type.Record(Type.String(), Type.Union([Type.String(), Type.Array(Type.String())]), {
    default: {},
    description: 'A list stands for several lines of one name.',
  }),
  headersProblem,
)

/** Its body. */
export const fixedBody = checked(
  Type.Unsafe<string | Uint8Array>({
    default: '',
    shown: 'string | Uint8Array',
    description:
      'Text or bytes. Without a `content-type` text is `text/plain; charset=utf-8`, bytes `application/octet-stream`.',
  }),
  (body) => (isBody(body) ? undefined : 'must be text or a Uint8Array'),
)

interface Answer {
  readonly status: number
  readonly body: string | Uint8Array
}

/** What is wrong with a body beside its status; undefined when nothing is. */
export function bodyProblem({ status, body }: Answer): string | undefined {
  const isTooMuch = body.length > 0 && BODILESS.includes(status)
  return isTooMuch ? `/body: a ${status} has none` : undefined
}

/** The headers with the body's type, unless they say it. */
export function withType(headers: Headers, body: string | Uint8Array): Headers {
  const hasType = Object.keys(headers).some((name) => name.toLowerCase() === 'content-type')
  if (hasType || body.length === 0) return headers
  const type = typeof body === 'string' ? 'text/plain; charset=utf-8' : 'application/octet-stream'
  return { ...headers, 'content-type': type }
}

function isBody(body: unknown): boolean {
  return typeof body === 'string' || body instanceof Uint8Array
}

function headersProblem(headers: Headers): string | undefined {
  for (const [name, value] of Object.entries(headers)) {
    if (FRAMING.test(name)) return `"${name}" is the gateway’s own`
    try {
      validateHeaderName(name)
      for (const line of [value].flat()) validateHeaderValue(name, line as string)
    } catch {
      return `${JSON.stringify(name)} cannot stand in an answer`
    }
  }
  return undefined
}
