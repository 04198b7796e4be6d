import { type KeySource, keySource, Type } from '#core'
import { FALLBACK_NAMES, type FallbackName } from './fallback.ts'

/** Options that all hashing strategies have. */
export const HASHING = {
  by: Type.Optional(
    keySource({ default: 'ip', description: 'What is hashed: equal values get one endpoint.' }),
  ),
  fallback: Type.Optional(
    Type.Enum(FALLBACK_NAMES, {
      default: 'random',
      description: 'The strategy for flows that do not have what is hashed.',
    }),
  ),
  maxLoad: Type.Optional(
    Type.Number({
      minimum: 0,
      default: 0,
      description:
        'How many times its share of the flows under way an endpoint may have before the key goes to its next one: above 1, such as 1.25; 0 for no bound.',
    }),
  ),
}

/** Those options, validated. */
export interface HashingOptions {
  readonly by: KeySource
  readonly fallback: FallbackName
  readonly maxLoad: number
}

/** What is wrong with valid options. */
export function hashingProblem({ maxLoad }: HashingOptions): string | undefined {
  if (maxLoad === 0 || maxLoad > 1) return undefined
  return `/maxLoad must be above 1, or 0 for no bound, got ${maxLoad}`
}
