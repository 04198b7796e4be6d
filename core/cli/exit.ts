import { ConfigError } from '../config/config-error.ts'
import { GatewayError } from '../errors.ts'

/** What the command's exit codes mean. */
export const EXIT = { fine: 0, configIsWrong: 1, commandIsWrong: 2, cannotListen: 3 } as const

/** Why a command cannot go on, and the exit code for it. */
export interface GivenUp {
  readonly code: number
  readonly reasons: readonly string[]
}

/** What an error means to whoever typed the command. */
export function failureOf(error: unknown): GivenUp {
  if (error instanceof ConfigError) return { code: EXIT.configIsWrong, reasons: error.problems }
  // A plugin that fails to start is a matter of the config that lists it.
  const isPort = error instanceof GatewayError && error.code === 'CANNOT_LISTEN'
  const code = isPort ? EXIT.cannotListen : EXIT.configIsWrong
  return { code, reasons: [error instanceof Error ? error.message : String(error)] }
}

export function tell({ reasons }: GivenUp): void {
  for (const reason of reasons) console.error(`sluice: ${reason}`)
}

/** Prints why a command cannot go on, and gives the exit code for it. */
export function giveUp(error: unknown): number {
  const failure = failureOf(error)
  tell(failure)
  return failure.code
}
