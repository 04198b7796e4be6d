import { spawnSync } from 'node:child_process'

/**
 * For `skip` of a test that runs a program which may not be there: why it is left out, or false. A
 * machine that checks changes (`CI`) must have it.
 */
export function skipWithout(program: string): string | false {
  const isThere = spawnSync(program, ['--version'], { stdio: 'ignore' }).error === undefined
  if (isThere || process.env.CI) return false
  return `needs ${program}: apt-get install ${program}`
}
