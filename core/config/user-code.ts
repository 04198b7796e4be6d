import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

/** The query parameter that tells one load's modules from another's. */
export const VERSION = 'sluice-load'

// In a stack a module stands with the URL that it was imported by.
const CALLER = new RegExp(`file://[^\\s)]*[?&]${VERSION}=\\d+`)

interface UserModule {
  /** Of its own text; empty for the config file, whose definitions are known by theirs. */
  readonly digest: string
  readonly imports: Set<string>
}

/** The modules of loads that are under way, by their URL. */
const modules = new Map<string, UserModule>()
/** How many symbols of a name a module has made in the load under way. */
const made = new Map<string, number>()
const symbols = new Map<string, symbol>()

/** Takes down that a module of the user's is being loaded, and who imports it. */
export function noteModule(href: string, path: string, parent: string | undefined): void {
  modules.get(parent ?? '')?.imports.add(href)
  if (modules.has(href)) return
  const digest = parent === undefined ? '' : digestOf(path)
  modules.set(href, { digest, imports: new Set() })
}

/** Ends what `noteModule` began for a load. */
export function forgetModules(version: string): void {
  const ending = `${VERSION}=${version}`
  for (const href of modules.keys()) if (href.endsWith(ending)) modules.delete(href)
  for (const key of made.keys()) if (key.split('\n', 1)[0]?.endsWith(ending)) made.delete(key)
}

/**
 * A text that is equal while the file that calls, and all that it imports of the user's own, stay as
 * they are; empty for code of packages. What `create` captures is not in its own text.
 */
export function callersCode(): string {
  const href = caller()
  if (href === undefined) return ''
  const seen = new Set<string>()
  const digests = collect(href, seen)
  return digests.sort().join()
}

/** A symbol that is the same at each load of the file that calls, and another at each call. */
export function callersSymbol(name: string): symbol {
  const href = caller()
  if (href === undefined) return Symbol(name)
  const count = (made.get(`${href}\n${name}`) ?? 0) + 1
  made.set(`${href}\n${name}`, count)
  const key = [href.replace(CALLER_VERSION, ''), name, count].join('\n')
  const known = symbols.get(key) ?? Symbol(name)
  symbols.set(key, known)
  return known
}

const CALLER_VERSION = new RegExp(`[?&]${VERSION}=\\d+$`)

/** The module of the user's that calls, while it is loaded: later calls are nobody's. */
function caller(): string | undefined {
  const [href] = CALLER.exec(new Error().stack ?? '') ?? []
  return href !== undefined && modules.has(href) ? href : undefined
}

function collect(href: string, seen: Set<string>): string[] {
  const module = modules.get(href)
  if (module === undefined || seen.has(href)) return []
  seen.add(href)
  return [module.digest, ...[...module.imports].flatMap((inner) => collect(inner, seen))]
}

function digestOf(path: string): string {
  try {
    return createHash('sha256').update(readFileSync(path)).digest('base64')
  } catch {
    // What cannot be read cannot be imported either: the load says so.
    return ''
  }
}
