import { Agent, get } from 'node:http'
import { waitFor } from './deadline.ts'
import type { Teardown } from './teardown.ts'

/** Requests that go out one after another, on several connections at once. */
export interface Traffic {
  /** Answers so far, by body. */
  readonly answers: Map<string, number>
  /** What was not answered with 200, or not at all. */
  readonly failures: string[]
  /** Waits until every one of these bodies has come anew, and no other one does. */
  comesFrom(...bodies: readonly string[]): Promise<void>
  /** Ends it, once what is in flight is answered. */
  stop(): Promise<void>
}

const CLIENTS = 8
const SETTLED = 3 * CLIENTS

export function startTraffic(t: Teardown, port: number): Traffic {
  const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS })
  const answers = new Map<string, number>()
  const failures: string[] = []
  let isOver = false
  const clients = Array.from({ length: CLIENTS }, async () => {
    while (!isOver) {
      const [status, body] = await ask(agent, port)
      if (status === 200) answers.set(body, (answers.get(body) ?? 0) + 1)
      else failures.push(`${status} ${body}`)
    }
  })
  const stop = async (): Promise<void> => {
    isOver = true
    await Promise.all(clients)
    agent.destroy()
  }
  t.after(stop)
  return {
    answers,
    failures,
    stop,
    async comesFrom(...bodies) {
      let since = new Map(answers)
      const fresh = (body: string) => (answers.get(body) ?? 0) - (since.get(body) ?? 0)
      await waitFor(
        () => {
          const others = [...answers.keys()].filter((body) => !bodies.includes(body))
          if (others.some((body) => fresh(body) > 0)) since = new Map(answers)
          return bodies.every((body) => fresh(body) >= SETTLED)
        },
        () => `traffic comes from ${bodies}, got ${JSON.stringify([...answers])}`,
        10_000,
      )
    },
  }
}

function ask(agent: Agent, port: number): Promise<[status: number, body: string]> {
  return new Promise((resolve) => {
    const request = get({ agent, port, host: '127.0.0.1' }, (answer) => {
      let body = ''
      answer.setEncoding('utf8')
      answer.on('data', (text: string) => {
        body += text
      })
      answer.on('end', () => resolve([answer.statusCode ?? 0, body]))
      answer.on('error', (error) => resolve([0, error.message]))
    })
    request.on('error', (error) => resolve([0, error.message]))
  })
}
