import { variableOf } from '#core'

// 32 characters of base64url are 192 bits, half of them still more than anybody can try.
const SHORTEST = 32
const FEWEST_DIFFERENT = 8
export const REMEDY =
  'make one with `openssl rand -base64 48`, put it into an environment variable, and give `secret: env("STICKY_SECRET")`'

/** What is wrong with a secret, or with one of several; the secret itself is never told. */
export function secretProblem(given: string | readonly string[]): string | undefined {
  for (const secret of typeof given === 'string' ? [given] : given) {
    const variable = variableOf(secret)
    const place = variable === undefined ? '' : ` in ${variable}`
    if (secret === '') return `must be a secret: ${REMEDY}`
    if (secret.length < SHORTEST) {
      return `must have ${SHORTEST} characters or more, and that${place} has ${secret.length}: ${REMEDY}`
    }
    if (new Set(secret).size < FEWEST_DIFFERENT) {
      return `must be hard to guess, and that${place} is made of ${new Set(secret).size} characters: ${REMEDY}`
    }
  }
  return undefined
}
