import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { nearest } from '../config/suggest.ts'
import { Nonsense } from './asked.ts'
import { check } from './check.ts'
import { EXIT } from './exit.ts'
import { type ExplainLine, explain } from './explain.ts'
import { start } from './start.ts'

const USAGE = `usage: sluice <command> [-c gateway.config.ts]

  start   run the gateway; SIGINT and SIGTERM drain it, a second one ends it at once
  check   validate the config and print everything that is wrong; starts nothing
  explain METHOD URL [-H 'name: value']... [--json]
          print which route takes a request, why the others do not, its chain and
          its upstream; starts nothing

  -c, --config FILE   the config, gateway.config.ts by default
  -H, --header LINE   a header of the request to explain; may be repeated
  --json              the explanation as JSON
  -h, --help          this text
  -v, --version       the version

exit codes: 0 fine, 1 the config is wrong, 2 the command is wrong, 3 could not listen`

/** A command, given the whole line; those without arguments are told when there are any. */
interface Verb {
  readonly takesRequest: boolean
  run(line: ExplainLine): Promise<number>
}

const VERBS: Readonly<Record<string, Verb>> = {
  start: { takesRequest: false, run: ({ config }) => start(config) },
  check: { takesRequest: false, run: ({ config }) => check(config) },
  explain: { takesRequest: true, run: explain },
}

/** Runs one command line, without the program's name, and gives its exit code. */
export async function run(args: readonly string[]): Promise<number> {
  try {
    return await dispatch(args)
  } catch (error: unknown) {
    if (error instanceof Nonsense) return nonsense(error.message)
    if (!isUsageError(error)) throw error
    // Behind the first sentence node tells how to write an argument that looks like an option.
    return wrong(error.message.split('. ', 1)[0] ?? '')
  }
}

async function dispatch(words: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...words],
    allowPositionals: true,
    options: {
      config: { type: 'string', short: 'c', default: 'gateway.config.ts' },
      header: { type: 'string', short: 'H', multiple: true, default: [] },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
      version: { type: 'boolean', short: 'v', default: false },
    },
  })
  if (values.help) return say(USAGE)
  if (values.version) return say(await version())
  const { config, header: headers, json } = values
  const [verb, ...args] = positionals
  if (verb === undefined) return wrong('no command given')
  const command = Object.hasOwn(VERBS, verb) ? VERBS[verb] : undefined
  if (command === undefined) return wrong(unknown(verb))
  if (!command.takesRequest) {
    if (args.length > 0) return wrong(`${verb} takes no argument "${args[0]}"`)
    if (headers.length > 0) return wrong(`${verb} takes no header; explain does`)
    if (json) return wrong(`${verb} takes no --json; explain does`)
  }
  return command.run({ config, args, headers, json })
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

// Without the usage: the command is known, and the message says what to write.
function nonsense(message: string): number {
  console.error(`sluice: ${message}`)
  return EXIT.commandIsWrong
}

function isUsageError(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && /^ERR_PARSE_ARGS_/.test(String(error.code))
}
