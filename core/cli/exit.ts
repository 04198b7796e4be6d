import { ConfigError } from '../config/config-error.ts'
import { GatewayError } from '../errors.ts'

/** What the command's exit codes mean. */
export const EXIT = { fine: 0, configIsWrong: 1, commandIsWrong: 2, cannotListen: 3 } as const

/** Prints why a command cannot go on, and gives the exit code for it. */
export function giveUp(error: unknown): number {
  if (error instanceof ConfigError) {
    for (const problem of error.problems) console.error(`sluice: ${problem}`)
    return EXIT.configIsWrong
  }
  if (error instanceof GatewayError && error.code === 'CANNOT_LISTEN') {
    console.error(`sluice: ${error.message}`)
    return EXIT.cannotListen
  }
  // A plugin that fails to start is a matter of the config that lists it.
  console.error(`sluice: ${error instanceof Error ? error.message : String(error)}`)
  return EXIT.configIsWrong
}
