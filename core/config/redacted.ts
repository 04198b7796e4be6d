import type { Json } from '../contracts/json.ts'
import { secretsOfEnvironment } from './env.ts'
import { isPlainObject } from './options.ts'
import type { ResolvedGateway } from './resolved.ts'

export const REDACTED = '[redacted]'

// Values with these names are secrets whatever they look like. `key` alone may be what is hashed, or
// a client's: only the forms that say nothing are shown.
const SECRET =
  /secret|token|passw|passphrase|credential|authorization|cookie$|private|api[-_]?key|^keys?$|signature/i
const HARMLESS_KEY = new Set(['ip', 'path'])
const PEM = /-----BEGIN [A-Z0-9 ]+-----/
const USER_INFO = /(\/\/)[^/?#@\s]+@/g
const QUERY = /([?&][^=&\s]*(?:token|key|secret|passw|sig)[^=&\s]*=)[^&#\s]+/gi
// Something shorter is no secret, and would be found everywhere.
const SHORTEST = 3

/** A config as JSON that people may see: what runs is told by name, what is secret by nobody. */
export function redactedConfig(config: ResolvedGateway): Json {
  const { listeners, upstreams, routes, plugins, provide, shutdownTimeoutMs, shed } = config
  const hide = new Redaction(secretsOfEnvironment())
  return {
    listeners: hide.value(listeners),
    upstreams: Object.fromEntries(upstreams.map(({ name, ...rest }) => [name, hide.value(rest)])),
    routes: hide.value(routes),
    plugins: hide.value(plugins),
    provide: provide.map(({ token }) => token.description ?? 'a token'),
    shutdownTimeoutMs,
    shed: hide.value(shed),
  }
}

/** Makes JSON of anything, without what is secret. */
class Redaction {
  readonly #secrets: readonly string[]
  readonly #around = new Set<object>()

  constructor(secrets: Iterable<string>) {
    // The longest first: one may be a part of another.
    this.#secrets = [...secrets]
      .filter((secret) => secret.length >= SHORTEST)
      .sort((a, b) => b.length - a.length)
  }

  value(value: unknown, name = ''): Json {
    if (typeof value === 'string') return this.#text(value, name)
    if (typeof value === 'number' && Number.isFinite(value)) return value
    if (typeof value === 'boolean' || value === null) return value
    if (typeof value === 'function') return `[function${value.name ? ` ${value.name}` : ''}]`
    if (typeof value === 'symbol') return `[${value.description ?? 'symbol'}]`
    if (typeof value !== 'object') return value === undefined ? null : String(value)
    if (this.#around.has(value)) return '[circular]'
    this.#around.add(value)
    const made = this.#object(value, name)
    this.#around.delete(value)
    return made
  }

  #object(value: object, name: string): Json {
    if (Array.isArray(value)) return value.map((item) => this.value(item, name))
    if (value instanceof RegExp) return this.#text(String(value), name)
    if (value instanceof Map) return this.#entries([...value], name)
    if (value instanceof Set) return this.value([...value], name)
    if (ArrayBuffer.isView(value)) return SECRET.test(name) ? REDACTED : '[bytes]'
    if ('kind' in value && value.kind === 'use') return this.#use(value)
    if ('kind' in value && value.kind === 'native') return this.#native(value)
    if (!isPlainObject(value)) return `[${value.constructor?.name ?? 'object'}]`
    return this.#entries(Object.entries(value), name)
  }

  /** What stands under a name of a secret is one, however deep. */
  #entries(entries: readonly (readonly [unknown, unknown])[], name: string): Json {
    const outer = SECRET.test(name) && name.toLowerCase() !== 'key' ? name : ''
    return Object.fromEntries(
      entries
        .filter(([, item]) => item !== undefined)
        .map(([key, item]) => [String(key), this.value(item, outer || String(key))]),
    )
  }

  #use(use: object): Json {
    const { definition, options, place } = use as {
      readonly definition: { readonly name: string }
      readonly options: unknown
      readonly place: string
    }
    return { use: definition.name, place, options: this.value(options) }
  }

  #native(use: object): Json {
    const { name, options, place } = use as Record<'name' | 'options' | 'place', unknown>
    return { native: String(name), place: String(place), options: this.value(options) }
  }

  #text(text: string, name: string): string {
    if (text === '') return text
    if (SECRET.test(name) && !(name.toLowerCase() === 'key' && HARMLESS_KEY.has(text))) {
      return REDACTED
    }
    if (PEM.test(text)) return REDACTED
    let shown = text
    for (const secret of this.#secrets) shown = shown.replaceAll(secret, REDACTED)
    return shown.replace(USER_INFO, `$1${REDACTED}@`).replace(QUERY, `$1${REDACTED}`)
  }
}
