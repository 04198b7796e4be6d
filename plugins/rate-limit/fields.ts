import type { Exchange } from '#core'
import type { Limit } from './algorithm.ts'
import type { Verdict } from './rule.ts'

const US = 1_000_000

/**
 * The fields that tell clients of limits: `RateLimit-Policy` and `RateLimit`
 * (draft-ietf-httpapi-ratelimit-headers), and those of the custom before it.
 */
export class Fields {
  readonly #policy: string
  readonly #heads: readonly string[]
  readonly #limits: readonly Limit[]
  readonly #isDraft: boolean
  readonly #isLegacy: boolean

  constructor(limits: readonly Limit[], form: 'draft' | 'legacy' | 'both' | 'none') {
    this.#limits = limits
    this.#policy = limits.map(policy).join(', ')
    this.#heads = limits.map(({ name }, i) => `${i === 0 ? '' : ', '}${quoted(name)};r=`)
    this.#isDraft = form === 'draft' || form === 'both'
    this.#isLegacy = form === 'legacy' || form === 'both'
  }

  /** Writes what a verdict leaves into the answer, whoever gives it. `waitS` is that of a refusal. */
  write(exchange: Exchange, { left, resetUs, violated }: Verdict, waitS: number): void {
    if (this.#isDraft) {
      exchange.setAnswerHeader('ratelimit-policy', this.#policy)
      exchange.setAnswerHeader('ratelimit', this.#service(left, resetUs, violated, waitS))
    }
    if (this.#isLegacy) this.#writeLegacy(exchange, left, resetUs, violated, waitS)
  }

  #service(left: Float64Array, resetUs: Float64Array, violated: number, waitS: number): string {
    let text = ''
    for (let i = 0; i < this.#heads.length; i++) {
      // Of the limit that refuses nothing may be used before the wait is over.
      const seconds = i === violated ? waitS : Math.ceil((resetUs[i] as number) / US)
      const rest = i === violated ? 0 : (left[i] as number)
      text += `${this.#heads[i]}${rest};t=${seconds}`
    }
    return text
  }

  // There is room for one limit: the one that refuses, or the one of which least is left.
  #writeLegacy(
    exchange: Exchange,
    left: Float64Array,
    resetUs: Float64Array,
    violated: number,
    waitS: number,
  ): void {
    let shown = Math.max(0, violated)
    if (violated < 0) {
      for (let i = 1; i < left.length; i++) {
        if ((left[i] as number) < (left[shown] as number)) shown = i
      }
    }
    const seconds = violated < 0 ? Math.ceil((resetUs[shown] as number) / US) : waitS
    exchange.setAnswerHeader('x-ratelimit-limit', String(this.#limits[shown]?.quota))
    exchange.setAnswerHeader('x-ratelimit-remaining', String(violated < 0 ? left[shown] : 0))
    exchange.setAnswerHeader('x-ratelimit-reset', String(seconds))
  }
}

function policy({ name, quota, windowMs }: Limit): string {
  // Windows are whole seconds there; one shorter than that is told by its rate.
  const seconds = Math.max(1, Math.round(windowMs / 1_000))
  return `${quoted(name)};q=${Math.round((quota * seconds * 1_000) / windowMs)};w=${seconds}`
}

/** A String of RFC 9651. */
function quoted(name: string): string {
  return `"${name.replace(/[\\"]/g, '\\$&')}"`
}
