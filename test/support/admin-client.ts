import { request } from 'node:http'

/** What an admin API answered. */
export interface AdminAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
  /** The body as JSON; undefined for none. */
  readonly body: AdminBody
}

/** Bodies of the API, loosely: each test knows what it asked for. */
export interface AdminBody {
  readonly [key: string]: unknown
  readonly detail: string
  readonly errors: { pointer: string; message: string }[]
  readonly endpoints: AdminEndpoint[]
  readonly admin: AdminEndpoint['admin']
}

export interface AdminEndpoint {
  readonly id: string
  readonly url: string
  readonly weight: number
  readonly inflight: number
  readonly ready: boolean
  readonly holds: { reason: string; cause: string; since: string; until: string | null }[]
  readonly changes: { event: string; reason: string; cause: string }[]
  readonly admin: {
    added: boolean
    factor: number
    hold: { cause: string } | null
    drain: { state: string; left: number; cause: string } | null
  }
}

export interface AdminRequest {
  readonly headers?: Record<string, string>
  /** Sent as it is, in place of JSON. */
  readonly raw?: string
}

/** Asks an admin API on loopback. */
export function askAdmin(
  port: number,
  method: string,
  path: string,
  body?: unknown,
  { headers = {}, raw }: AdminRequest = {},
): Promise<AdminAnswer> {
  const sent = raw ?? (body === undefined ? undefined : JSON.stringify(body))
  const type = sent === undefined ? {} : { 'content-type': 'application/json' }
  return new Promise((resolve, reject) => {
    const options = { port, host: '127.0.0.1', method, path, agent: false as const }
    const asked = request({ ...options, headers: { ...type, ...headers } }, (answer) => {
      let text = ''
      answer.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk
      })
      answer.on('error', reject).on('end', () => {
        const { statusCode: status = 0, headers: got } = answer
        resolve({ status, headers: got, text, body: text === '' ? undefined : JSON.parse(text) })
      })
    })
    asked.on('error', reject)
    asked.end(sent)
  })
}
