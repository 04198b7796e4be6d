import type { RedisConnection, RedisReply, RedisScript } from '#core'
import type { Rule, Verdict } from './rule.ts'
import { SCRIPT, scriptTerms } from './script.ts'
import type { Store } from './store.ts'

/** Counts in Redis, by its clock: one call for each question. Rejected where Redis does not answer in time. */
export class RedisStore implements Store {
  readonly #script: RedisScript
  readonly #prefix: string
  readonly #terms: readonly number[]
  readonly #timeoutMs: number

  /** `group` and the rule tell its keys from those of others. */
  constructor(rule: Rule, connection: RedisConnection, group: string, timeoutMs: number) {
    this.#script = connection.script(SCRIPT)
    this.#terms = scriptTerms(rule)
    // A rule that is changed begins anew: its numbers would mean something else.
    const terms = JSON.stringify([group, this.#terms])
    // The brace makes group and key the hash tag of a cluster.
    this.#prefix = `sluice:limit:{${terms}:`
    this.#timeoutMs = timeoutMs
  }

  async take(key: string, least: number, most: number, verdict: Verdict): Promise<number> {
    const args = ['', least, most, ...this.#terms]
    const reply = await this.#script.run([`${this.#prefix}${key}}`], args, this.#timeoutMs)
    return told(reply, verdict)
  }
}

/** Reads what the script gives into a verdict. */
export function told(reply: RedisReply, verdict: Verdict): number {
  if (!Array.isArray(reply) || reply.length !== 3 + 2 * verdict.left.length) {
    throw new TypeError('the script of the limiter gave something else than a verdict')
  }
  const [granted, waitUs, violated] = reply as number[]
  verdict.granted = granted as number
  verdict.isUndecided = false
  verdict.waitUs = waitUs === -1 ? Number.POSITIVE_INFINITY : (waitUs as number)
  verdict.violated = violated as number
  for (let i = 0; i < verdict.left.length; i++) {
    verdict.left[i] = reply[3 + 2 * i] as number
    verdict.resetUs[i] = reply[4 + 2 * i] as number
  }
  return verdict.granted
}
