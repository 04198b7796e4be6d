import { type ChildProcessByStdio, spawn } from 'node:child_process'
import type { Readable } from 'node:stream'
import { waitFor } from './deadline.ts'

/** A program under test. */
export interface Command {
  readonly child: ChildProcessByStdio<null, Readable, Readable>
  readonly output: () => string
  readonly errors: () => string
  /** Resolves with the exit code once it has ended and all its output was read. */
  readonly ended: Promise<number | null>
  /** Waits until the pattern shows up in what it printed. */
  printed(pattern: RegExp, deadlineMs?: number): Promise<RegExpExecArray>
}

/** Starts a program with its output kept. */
export function command(
  program: string,
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Command {
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: { ...process.env, NODE_TEST_CONTEXT: undefined, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  let errors = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text
  })
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
  return {
    child,
    output: () => output,
    errors: () => errors,
    ended,
    async printed(pattern, deadlineMs) {
      const told = () => `${pattern} in: ${output}${errors}`
      await waitFor(() => pattern.test(output) || child.exitCode !== null, told, deadlineMs)
      const found = pattern.exec(output)
      if (found === null) throw new Error(`ended without ${told()}`)
      return found
    },
  }
}

/** The script of the `sluice` command as this repository runs it. */
export const COMMAND = new URL('../../core/cli/main.ts', import.meta.url).pathname

/** Runs it; `script` may be another way to it. */
export function sluice(
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
  script = COMMAND,
) {
  return command(process.execPath, ['-C', 'sluice-source', script, ...args], options)
}
