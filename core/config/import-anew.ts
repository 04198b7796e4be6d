import { registerHooks } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { stampOf } from './file-stamp.ts'
import { forgetModules, noteModule, VERSION } from './user-code.ts'

// Where Sluice itself is: its modules hold the tokens and must never be loaded twice.
const OWN = new URL('../..', import.meta.url).href
const OWN_CODE = [new URL('core/', OWN).href, new URL('plugins/', OWN).href]

let loads = 0

/**
 * Imports a file and what it imports anew, packages and Sluice itself excepted: `import()` alone
 * would give the first answer for ever. The path of each file of the user's on the way is put into
 * `files` with its stamp, also of one that is not there, and also when this throws.
 */
export async function importAnew(
  path: string,
  files: Map<string, string>,
): Promise<Record<string, unknown>> {
  const version = `${++loads}`
  const entry = pathToFileURL(path)
  entry.searchParams.set(VERSION, version)
  const hooks = registerHooks({
    resolve(specifier, context, next) {
      // Another load may be under way, with hooks of its own.
      const isLoad = specifier === entry.href || versionOf(context.parentURL) === version
      if (!isLoad) return next(specifier, context)
      const found = orMissing(files, specifier, context.parentURL, () => next(specifier, context))
      if (!isUsers(found.url)) return found
      const url = new URL(found.url)
      const file = fileURLToPath(new URL(url.pathname, url))
      if (!files.has(file)) files.set(file, stampOf(file))
      url.searchParams.set(VERSION, version)
      noteModule(url.href, file, specifier === entry.href ? undefined : context.parentURL)
      // `npm init` writes "type": "commonjs", under which node would not take `import` in .ts.
      const isTypeScript = url.pathname.endsWith('.ts')
      return { ...found, url: url.href, format: isTypeScript ? 'module-typescript' : found.format }
    },
  })
  try {
    return await import(entry.href)
  } finally {
    hooks.deregister()
    forgetModules(version)
  }
}

/** A file that was meant and is not there may come: editors replace files. */
function orMissing<T>(
  files: Map<string, string>,
  specifier: string,
  parent: string | undefined,
  find: () => T,
): T {
  try {
    return find()
  } catch (error: unknown) {
    const meant = /^(\.{0,2}\/|file:)/.test(specifier) ? URL.parse(specifier, parent) : null
    if (meant !== null && isUsers(meant.href)) {
      const path = fileURLToPath(new URL(meant.pathname, meant))
      files.set(path, stampOf(path))
    }
    throw error
  }
}

function versionOf(url: string | undefined): string | null | undefined {
  return url === undefined ? undefined : URL.parse(url)?.searchParams.get(VERSION)
}

function isUsers(url: string): boolean {
  if (!url.startsWith('file:') || url.includes('/node_modules/')) return false
  return !OWN_CODE.some((prefix) => url.startsWith(prefix))
}
