import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { nearest } from '../config/suggest.ts'
import { EXIT } from './exit.ts'
import type { ExplainLine } from './explain.ts'
import { Nonsense } from './nonsense.ts'
import type { PlanLine } from './plan.ts'
import type { SimulateLine } from './simulate.ts'
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
  explain tcp://HOST:PORT [--json] [--admin URL [--token-env NAME]]
  explain METHOD URL [-H 'name: value']... [--json] [--admin URL [--token-env NAME]]
          print which route takes a request, why the others do not, its chain and
          its upstream; starts nothing; --admin shows endpoints as they are now
  plan --from FILE [--json]
          print what a reload would change where the config FILE is in force;
          starts nothing

  simulate SCENARIO [--quick] [--only VARIANT] [--seed N] [--out FILE] [--no-report] [--json]
          run a scenario in virtual time, print its figures, write a report with
          pictures, and exit with 1 if something is not as it expects

  -c, --config FILE   the config, gateway.config.ts by default
  -H, --header LINE   a header of the request to explain; may be repeated
  --from FILE         the config to compare with
  --admin URL         the admin API of a gateway that runs
  --token-env NAME    the environment variable that has its token
  --json              the explanation, the plan or the figures as JSON
  --quick             the quick form of a scenario that has one
  --only VARIANT      this variant alone
  --seed N            in place of the scenario's own
  --out FILE          where the report goes, SCENARIO.html by default
  --no-report         no report
  --watch             reload when the config or a file that it imports is written
  --no-supervisor     one process, which cannot be upgraded
  --pid PID           the process that was started, when several run one config
  -h, --help          this text
  -v, --version       the version

exit codes: 0 fine, 1 the config or scenario is wrong, or not as it expects, 2 the command is wrong, 3 could not listen`

/** What stands on the command line. */
interface Line extends ExplainLine, PlanLine, SimulateLine, StartLine, UpgradeLine {}

/** What only some commands take. */
type Taken = 'args' | 'header' | Option
type Option = 'json' | 'from' | 'watch' | 'no-supervisor' | 'pid' | 'admin' | Simulating
type Simulating = 'quick' | 'only' | 'seed' | 'out' | 'no-report'

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
  simulate: {
    takes: ['args', 'json', 'quick', 'only', 'seed', 'out', 'no-report'],
    run: async (line) => (await import('./simulate.ts')).simulate(line),
  },
}

const OPTIONS: readonly Option[] = [
  ...(['json', 'from', 'watch', 'no-supervisor', 'pid', 'admin'] as const),
  ...(['quick', 'only', 'seed', 'out', 'no-report'] as const),
]

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
      admin: { type: 'string' },
      'token-env': { type: 'string' },
      'no-supervisor': { type: 'boolean', default: false },
      from: { type: 'string' },
      watch: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      only: { type: 'string' },
      seed: { type: 'string' },
      out: { type: 'string' },
      'no-report': { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
      version: { type: 'boolean', short: 'v', default: false },
    },
  })
  if (values.help) return say(USAGE)
  if (values.version) return say(await version())
  const { config, header: headers, json, from = '', pid = '', watch, quick } = values
  const { only = '', seed = '', out = '', admin = '', 'token-env': tokenEnv = '' } = values
  const isSupervised = !values['no-supervisor']
  const hasReport = !values['no-report']
  const [verb, ...args] = positionals
  if (verb === undefined) return wrong('no command given')
  const command = Object.hasOwn(VERBS, verb) ? VERBS[verb] : undefined
  if (command === undefined) return wrong(unknown(verb))
  const given = OPTIONS.filter((name) => values[name] !== undefined && values[name] !== false)
  if (tokenEnv !== '') given.push('admin')
  const refused = refusal(verb, command, { args, headers, given })
  if (refused !== undefined) return wrong(refused)
  const plain = { config, args, headers, json, from, watch, words, isSupervised, pid }
  return command.run({ ...plain, admin, tokenEnv, quick, only, seed, out, hasReport })
}

/** What a command does not take, and which one does. */
function refusal(
  verb: string,
  { takes }: Verb,
  { args, headers, given }: { args: string[]; headers: string[]; given: readonly Option[] },
): string | undefined {
  if (args.length > 0 && !takes.includes('args')) return `${verb} takes no argument "${args[0]}"`
  if (headers.length > 0 && !takes.includes('header')) {
    return `${verb} takes no header; explain does`
  }
  const refused = given.find((name) => !takes.includes(name))
  if (refused === undefined) return undefined
  const others = Object.keys(VERBS).filter((name) => VERBS[name]?.takes.includes(refused))
  const last = others.pop()
  const who = others.length === 0 ? `${last} does` : `${others.join(', ')} and ${last} do`
  return `${verb} takes no --${refused}; ${who}`
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
