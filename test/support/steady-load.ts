import { Agent, request } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'

/** Requests that go on until they are stopped, over kept and over new connections. */
export interface SteadyLoad {
  /** How many got their whole answer. */
  readonly fine: () => number
  /** What the others met. */
  readonly failures: readonly string[]
  stop(): Promise<void>
}

/**
 * Begins it: so many at a time of each kind, one after the other or with pauses of up to
 * `longestPauseMs` between them, without a retry.
 */
export function startSteadyLoad(url: string, each: number, longestPauseMs = 0): SteadyLoad {
  const failures: string[] = []
  const agent = new Agent({ keepAlive: true })
  let fine = 0
  let isOver = false
  const run = async (by: Agent | false): Promise<void> => {
    while (!isOver) {
      const failure = await get(url, by)
      if (failure === undefined) fine++
      else failures.push(`${by === false ? 'new' : 'kept'}: ${failure}`)
      if (longestPauseMs > 0) await pause(Math.random() * longestPauseMs)
    }
  }
  const runs = Array.from({ length: each }, () => [run(agent), run(false)]).flat()
  return {
    fine: () => fine,
    failures,
    async stop() {
      isOver = true
      await Promise.all(runs)
      agent.destroy()
    },
  }
}

/** Why a request did not get its whole answer, if so. */
function get(url: string, agent: Agent | false): Promise<string | undefined> {
  return new Promise((resolve) => {
    const req = request(url, { agent }, (res) => {
      res.resume()
      res.on('error', (error) => resolve(error.message))
      res.on('end', () => resolve(res.statusCode === 200 ? undefined : `${res.statusCode}`))
    })
    req.on('error', (error) => resolve(`${error.message}${req.reusedSocket ? ', reused' : ''}`))
    req.end()
  })
}
