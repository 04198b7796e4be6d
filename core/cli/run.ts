import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { nearest } from '../config/suggest.ts'
import { EXIT } from './exit.ts'
import type { ExplainLine } from './explain.ts'
import { Nonsense } from './nonsense.ts'
import type { PlanLine } from './plan.ts'
import type { StartLine } from './start.ts'
import type { UpgradeLine } from './upgrade.ts'

const USAGE = `usage: sluice <command> [-c gateway.config.ts]

  start [--watch] [--no-supervisor]
          run the gateway; SIGINT and SIGTERM drain it, a second one ends it at once,
          SIGHUP reloads the config, --watch does whenever a file of it is written
  upgrade [--pid PID]
          have a gateway that runs go on in a new worker, from the code and the config
          on disk, without losing a request
  check   validate the config and print everything that is wrong; starts nothing
  explain METHOD URL [-H 'name: value']... [--json] [--admin URL [--token-env NAME]]
          print which route takes a request, why the others do not, its chain and
          its upstream; starts nothing; --admin shows endpoints as they are now
  plan --from FILE [--json]
          print what a reload would change where the config FILE is in force;
          starts nothing

  -c, --config FILE   the config, gateway.config.ts by default
  -H, --header LINE   a header of the request to explain; may be repeated
  --from FILE         the config to compare with
  --admin URL         the admin API of a gateway that runs
  --token-env NAME    the environment variable that has its token
  --json              the explanation or the plan as JSON
  --watch             reload when the config or a file that it imports is written
  --no-supervisor     one process, which cannot be upgraded
  --pid PID           the process that was started, when several run one config
  -h, --help          this text
  -v, --version       the version

exit codes: 0 fine, 1 the config is wrong, 2 the command is wrong, 3 could not listen`

/** What stands on the command line. */
interface Line extends ExplainLine, PlanLine, StartLine, UpgradeLine {}

/** What only some commands take. */
type Taken = 'args' | 'header' | 'json' | 'from' | 'watch' | 'no-supervisor' | 'pid' | 'admin'

interface Verb {
  readonly takes: readonly Taken[]
  run(line: Line): Promise<number>
}

// Loaded when they run: the process of a supervisor stays small.
const VERBS: Readonly<Record<string, Verb>> = {
  start: {
    takes: ['no-supervisor', 'watch'],
    run: async (line) => (await import('./start.ts')).start(line),
  },
  upgrade: {
    takes: ['pid'],
    run: async (line) => (await import('./upgrade.ts')).upgrade(line),
  },
  check: {
    takes: [],
    run: async ({ config }) => (await import('./check.ts')).check(config),
  },
  explain: {
    takes: ['args', 'header', 'json', 'admin'],
    run: async (line) => (await import('./explain.ts')).explain(line),
  },
  plan: {
    takes: ['from', 'json'],
    run: async (line) => (await import('./plan.ts')).plan(line),
  },
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
      pid: { type: 'string' },
      admin: { type: 'string', default: '' },
      'token-env': { type: 'string', default: '' },
      'no-supervisor': { type: 'boolean', default: false },
      from: { type: 'string' },
      watch: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
      version: { type: 'boolean', short: 'v', default: false },
    },
  })
  if (values.help) return say(USAGE)
  if (values.version) return say(await version())
  const { config, header: headers, json, from = '', pid = '', watch, admin } = values
  const tokenEnv = values['token-env']
  const isSupervised = !values['no-supervisor']
  const [verb, ...args] = positionals
  if (verb === undefined) return wrong('no command given')
  const command = Object.hasOwn(VERBS, verb) ? VERBS[verb] : undefined
  if (command === undefined) return wrong(unknown(verb))
  const line = {
    config,
    args,
    headers,
    json,
    from,
    watch,
    words,
    isSupervised,
    pid,
    admin,
    tokenEnv,
  }
  return refusal(verb, command, line) ?? command.run(line)
}

/** The exit code for what a command does not take, after it was told. */
function refusal(verb: string, { takes }: Verb, line: Line): number | undefined {
  const { args, headers, json, from, watch, isSupervised, pid } = line
  const refused = (what: Taken, isThere: boolean) => isThere && !takes.includes(what)
  if (refused('args', args.length > 0)) return wrong(`${verb} takes no argument "${args[0]}"`)
  if (refused('header', headers.length > 0)) return wrong(`${verb} takes no header; explain does`)
  if (refused('json', json)) return wrong(`${verb} takes no --json; explain and plan do`)
  if (refused('from', from !== '')) return wrong(`${verb} takes no --from; plan does`)
  if (refused('watch', watch)) return wrong(`${verb} takes no --watch; start does`)
  if (refused('no-supervisor', !isSupervised)) {
    return wrong(`${verb} takes no --no-supervisor; start does`)
  }
  if (refused('admin', line.admin !== '' || line.tokenEnv !== '')) {
    return wrong(`${verb} takes no --admin; explain does`)
  }
  if (refused('pid', pid !== '')) return wrong(`${verb} takes no --pid; upgrade does`)
  return undefined
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
