import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { nearest } from '../config/suggest.ts'
import { check } from './check.ts'
import { EXIT } from './exit.ts'
import { start } from './start.ts'

const USAGE = `usage: sluice <command> [-c gateway.config.ts]

  start   run the gateway; SIGINT and SIGTERM drain it, a second one ends it at once
  check   validate the config and print everything that is wrong; starts nothing

  -c, --config FILE   the config, gateway.config.ts by default
  -h, --help          this text
  -v, --version       the version

exit codes: 0 fine, 1 the config is wrong, 2 the command is wrong, 3 could not listen`

const VERBS: Readonly<Record<string, (config: string) => Promise<number>>> = { start, check }

/** Runs one command line, without the program's name, and gives its exit code. */
export async function run(args: readonly string[]): Promise<number> {
  try {
    return await dispatch(args)
  } catch (error: unknown) {
    if (!isUsageError(error)) throw error
    return wrong(error.message)
  }
}

async function dispatch(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      config: { type: 'string', short: 'c', default: 'gateway.config.ts' },
      help: { type: 'boolean', short: 'h', default: false },
      version: { type: 'boolean', short: 'v', default: false },
    },
  })
  if (values.help) return say(USAGE)
  if (values.version) return say(await version())
  const [verb, ...rest] = positionals
  if (verb === undefined) return wrong('no command given')
  const command = Object.hasOwn(VERBS, verb) ? VERBS[verb] : undefined
  if (command === undefined) return wrong(unknown(verb))
  if (rest.length > 0) return wrong(`${verb} takes no argument "${rest[0]}"`)
  return command(values.config)
}

async function version(): Promise<string> {
  const file = await readFile(new URL(import.meta.resolve('sluice/package.json')), 'utf8')
  return String(JSON.parse(file).version)
}

function unknown(verb: string): string {
  const near = nearest(verb, Object.keys(VERBS))
  return `unknown command "${verb}"${near === undefined ? '' : `; did you mean "${near}"?`}`
}

function say(text: string): number {
  console.log(text)
  return EXIT.fine
}

function wrong(message: string): number {
  console.error(`sluice: ${message}\n\n${USAGE}`)
  return EXIT.commandIsWrong
}

function isUsageError(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && /^ERR_PARSE_ARGS_/.test(String(error.code))
}
