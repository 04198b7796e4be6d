import { nearest } from '#core'
import { OPERATIONS, type Operation } from './operations.ts'
import { Problem } from './problem.ts'

/** What a path names, decoded. */
export type Named = Readonly<Record<string, string>>

interface Entry {
  readonly parts: readonly string[]
  readonly operation: Operation
}

const ENTRIES: readonly Entry[] = OPERATIONS.map((operation) => {
  return { parts: operation.path.split('/').slice(1), operation }
})

/**
 * Finds what a request asks for.
 *
 * @throws Problem 400 for a malformed path, 404 for one that there is not, 405 for a wrong method
 */
export function find(method: string, target: string): { operation: Operation; named: Named } {
  const path = target.split('?', 1)[0] ?? ''
  const parts = path.split('/').slice(1).map(decoded)
  const fitting = ENTRIES.filter((entry) => fits(entry.parts, parts))
  if (fitting.length === 0) throw unknownPath(path)
  // The body of an answer to HEAD is left out by node.
  const asked = method === 'HEAD' ? 'GET' : method
  const entry = fitting.find(({ operation }) => operation.method === asked)
  if (entry === undefined) {
    const methods = fitting.map(({ operation }) => operation.method)
    const allow = methods.flatMap((one) => (one === 'GET' ? ['GET', 'HEAD'] : [one])).join(', ')
    throw new Problem(405, `this path takes ${allow}`, { headers: { allow } })
  }
  const named = entry.parts.flatMap((part, at) => {
    return part.startsWith(':') ? [[part.slice(1), parts[at]]] : []
  })
  return { operation: entry.operation, named: Object.fromEntries(named) }
}

/** A sentence's end: the nearest name, else all of them as long as they are few. */
export function suggestion(wrong: string, names: readonly string[]): string {
  const near = nearest(wrong, names)
  if (near !== undefined) return `; did you mean "${near}"?`
  return names.length > 0 && names.length <= 10 ? `; there are ${names.join(', ')}` : ''
}

function fits(pattern: readonly string[], parts: readonly string[]): boolean {
  return (
    pattern.length === parts.length &&
    pattern.every((part, at) => (part.startsWith(':') ? parts[at] !== '' : part === parts[at]))
  )
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    throw new Problem(400, 'the path has a malformed escape')
  }
}

function unknownPath(path: string): Problem {
  const paths = [...new Set(OPERATIONS.map((operation) => operation.path))]
  const near = nearest(path, paths)
  const help = near === undefined ? 'GET /openapi.json lists all' : `did you mean "${near}"?`
  return new Problem(404, `nothing is there; ${help}`)
}
