import type { Condition, Wanted } from '../contracts/router.ts'
import { isCookieValue } from '../http/cookies.ts'
import { isPlainObject } from './options.ts'
import type { Problems } from './problems.ts'
import { repeatsWhatVaries } from './slow-pattern.ts'
import { shown } from './validate.ts'

/** The keys of a route that hold conditions, and what each is about. */
const CONDITION_KEYS = [
  ['headers', 'header'],
  ['query', 'query'],
  ['cookies', 'cookie'],
] as const

// RFC 9110, 5.6.2: what header and cookie names are made of.
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
// What arrives as it was written: node takes the spaces around a value off.
const PLAIN = /^(?:[\x21-\x7e](?:[\t\x20-\x7e]*[\x21-\x7e])?)?$/

/** The conditions of a route, given as records under `headers`, `query` and `cookies`. */
export function resolveConditions(
  place: string,
  given: Readonly<Record<string, unknown>>,
  problems: Problems,
): Condition[] {
  return CONDITION_KEYS.flatMap(([key, on]) =>
    resolveRecord(`${place}.${key}`, on, given[key] ?? {}, problems),
  )
}

function resolveRecord(
  place: string,
  on: Condition['on'],
  record: unknown,
  problems: Problems,
): Condition[] {
  if (!isPlainObject(record)) {
    const like = `such as { name: 'value', other: true }`
    problems.add(place, `must be names with what is wanted of each, ${like}, got ${shown(record)}`)
    return []
  }
  const conditions = new Map<string, Condition>()
  for (const [written, value] of Object.entries(record)) {
    const name = on === 'header' ? written.toLowerCase() : written
    const wrong = conditions.has(name) ? `"${name}" stands here twice` : wrongName(on, name)
    if (wrong !== undefined) problems.add(place, wrong)
    const wanted = resolveWanted(`${place}.${written}`, on, value, problems)
    if (wanted !== undefined) conditions.set(name, { on, name, wanted })
  }
  return [...conditions.values()]
}

function wrongName(on: Condition['on'], name: string): string | undefined {
  if (on === 'header' && name === 'host') return `"host" is no condition: write the route's host`
  if (on === 'query') return name === '' ? 'a parameter must have a name' : undefined
  return TOKEN.test(name) ? undefined : `"${name}" is no name of a ${on}`
}

function resolveWanted(
  place: string,
  on: Condition['on'],
  value: unknown,
  problems: Problems,
): Wanted | undefined {
  if (typeof value === 'boolean') return value
  if (typeof value === 'string') {
    const wrong = wrongText(on, value)
    if (wrong === undefined) return value
    problems.add(place, `${wrong}, got ${shown(value)}`)
  } else if (value instanceof RegExp) {
    const wrong = wrongPattern(value)
    // A copy, so that nothing done to the one in the config changes how requests are matched.
    if (wrong === undefined) return new RegExp(value.source, value.flags)
    problems.add(place, `${wrong}, got ${value}`)
  } else {
    const kinds = 'a text, true (it is there), false (it is not) or a RegExp'
    problems.add(place, `must be ${kinds}, got ${shown(value)}`)
  }
  return undefined
}

/** Why no request could have this value. */
function wrongText(on: Condition['on'], text: string): string | undefined {
  if (on === 'header' && !PLAIN.test(text)) {
    return 'must be printable ASCII without spaces around it, as headers arrive'
  }
  if (on === 'cookie' && !isCookieValue(text)) {
    return 'must have no spaces, quotes, commas, semicolons or backslashes, as no cookie has them'
  }
  return undefined
}

function wrongPattern(pattern: RegExp): string | undefined {
  if (pattern.global || pattern.sticky) {
    return 'must have no flag g or y: such a RegExp remembers where it stopped'
  }
  if (repeatsWhatVaries(pattern)) {
    return 'must not repeat a group that itself repeats, has an optional part or alternatives that begin alike: a client could make it run for ever'
  }
  return undefined
}
