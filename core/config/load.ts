import { existsSync, statSync } from 'node:fs'
import { dirname, isAbsolute, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ConfigError } from './config-error.ts'
import { stampOf } from './file-stamp.ts'
import { importAnew } from './import-anew.ts'

/** What messages about a file advise. */
export interface LoadWords {
  /** How another file is named. */
  readonly other: string
  /** What the file is to end with. */
  readonly ending: string
}

const WORDS: LoadWords = { other: 'name another one with -c', ending: 'defineGateway({ … })' }

/**
 * Imports a config file and gives its default export, awaited. Every call reads the file and what
 * it imports anew, packages excepted. The path of each of those files is put into `files` with
 * its stamp, as far as the load got.
 *
 * @throws ConfigError when there is no usable default export
 */
export async function loadConfig(
  file: string,
  files = new Map<string, string>(),
  { other, ending }: LoadWords = WORDS,
): Promise<unknown> {
  const path = resolve(file)
  files.set(path, stampOf(path))
  const name = isAbsolute(file) ? file : relative(process.cwd(), path) || file
  if (!existsSync(path)) {
    throw new ConfigError([`${name}: no such file; ${other}`])
  }
  if (statSync(path).isDirectory()) {
    throw new ConfigError([`${name}: is a directory; name the file in it with -c`])
  }
  const loaded = await importAnew(path, files).catch((error: unknown) => {
    throw new ConfigError([`${name}: ${reason(error)}`], { cause: error })
  })
  if (!('default' in loaded)) {
    throw new ConfigError([`${name}: exports nothing; end it with \`export default ${ending}\``])
  }
  try {
    return await loaded.default
  } catch (error: unknown) {
    throw new ConfigError([`${name}: exports a promise that was rejected: ${said(error)}`], {
      cause: error,
    })
  }
}

function reason(error: unknown): string {
  if (error instanceof ConfigError) return error.message
  if (error instanceof SyntaxError) return `does not parse: ${said(error)}${where(error)}`
  return `failed while loading: ${said(error)}`
}

function said(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

// V8 puts the place of a syntax error on the first line of the stack: file:line.
function where(error: SyntaxError): string {
  const [, file, line] = /^(file:[^\n]*?):(\d+)\n/.exec(error.stack ?? '') ?? []
  if (file === undefined) return ''
  const path = fileURLToPath(new URL(file.split('?')[0] ?? file))
  return ` (${relative(dirname('.'), path)}:${line})`
}
