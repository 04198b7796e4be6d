import { existsSync, statSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { dirname, isAbsolute, relative, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { ConfigError } from './config-error.ts'

const VERSION = 'sluice-load'
// Where Sluice itself is: its modules hold the tokens and must never be loaded twice.
const OWN = new URL('../..', import.meta.url).href
const OWN_CODE = [new URL('core/', OWN).href, new URL('plugins/', OWN).href]

let loads = 0

/**
 * Imports a config file and gives its default export, awaited. Every call reads the file and what
 * it imports anew, packages excepted: `import()` alone would give the first answer for ever.
 *
 * @throws ConfigError when there is no usable default export
 */
export async function loadConfig(file: string): Promise<unknown> {
  const path = resolve(file)
  const name = isAbsolute(file) ? file : relative(process.cwd(), path) || file
  if (!existsSync(path)) {
    throw new ConfigError([`${name}: no such file; name another one with -c`])
  }
  if (statSync(path).isDirectory()) {
    throw new ConfigError([`${name}: is a directory; name the file in it with -c`])
  }
  const loaded = await importAnew(path).catch((error: unknown) => {
    throw new ConfigError([`${name}: ${reason(error)}`], { cause: error })
  })
  if (!('default' in loaded)) {
    throw new ConfigError([
      `${name}: exports nothing; end it with \`export default defineGateway({ … })\``,
    ])
  }
  try {
    return await loaded.default
  } catch (error: unknown) {
    throw new ConfigError([`${name}: exports a promise that was rejected: ${said(error)}`], {
      cause: error,
    })
  }
}

async function importAnew(path: string): Promise<Record<string, unknown>> {
  const version = `${++loads}`
  const entry = pathToFileURL(path)
  entry.searchParams.set(VERSION, version)
  const hooks = registerHooks({
    resolve(specifier, context, next) {
      const found = next(specifier, context)
      const isLoad = specifier === entry.href || context.parentURL?.includes(`${VERSION}=`)
      if (!isLoad || !isUsers(found.url)) return found
      const url = new URL(found.url)
      url.searchParams.set(VERSION, version)
      // `npm init` writes "type": "commonjs", under which node would not take `import` in .ts.
      const isTypeScript = url.pathname.endsWith('.ts')
      return { ...found, url: url.href, format: isTypeScript ? 'module-typescript' : found.format }
    },
  })
  try {
    return await import(entry.href)
  } finally {
    hooks.deregister()
  }
}

function isUsers(url: string): boolean {
  if (!url.startsWith('file:') || url.includes('/node_modules/')) return false
  return !OWN_CODE.some((prefix) => url.startsWith(prefix))
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
