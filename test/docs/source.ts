import { readFileSync } from 'node:fs'

/** The repository, as a URL that ends in a slash. */
export const ROOT = new URL('../../', import.meta.url)

/** A file of the repository, without the newline at its end. */
export function source(path: string): string {
  return readFileSync(new URL(path, ROOT), 'utf8').trimEnd()
}

/** The part of a file between `// #region name` and `// #endregion name`, or all of it. */
export function region(path: string, name?: string): string {
  const text = source(path)
  if (name === undefined) return text
  const start = text.indexOf(`// #region ${name}\n`)
  const end = text.indexOf(`// #endregion ${name}`)
  if (start < 0 || end < 0) throw new Error(`${path} has no region ${name}`)
  return text.slice(text.indexOf('\n', start) + 1, end).trimEnd()
}

/** An exported type of a file with the comment above it. */
export function declaration(path: string, name: string): string {
  const text = source(path)
  const start = new RegExp(`^export (interface|type) ${name}\\b`, 'm').exec(text)?.index
  if (start === undefined) throw new Error(`${path} exports no ${name}`)
  const comment = /\/\*\*(?:(?!\*\/)[\s\S])*\*\/\n$/.exec(text.slice(0, start))?.[0] ?? ''
  const body = text.slice(start)
  const end = body.startsWith('export interface') ? body.indexOf('\n}') + 2 : endOfType(body)
  return comment + body.slice(0, end)
}

/** The words of a JSDoc comment on one line. */
export function words(comment: string): string {
  return comment
    .replace(/^\s*\/?\*+\/?/gm, ' ')
    .replace(/\*\/|\s+/g, ' ')
    .trim()
}

function endOfType(body: string): number {
  const blank = body.indexOf('\n\n')
  return blank < 0 ? body.length : blank
}
