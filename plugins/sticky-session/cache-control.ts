import type { AnswerHead } from '#core'

const TARGETED = /(^|-)cache-control$/i

/**
 * Keeps an answer that sets a cookie out of shared caches: one person's cookie must not be handed to
 * others. Adds `private` to Cache-Control and takes out what would allow more, in the headers that are
 * meant for certain caches as well (RFC 9213), which those prefer.
 */
export function keepPrivate(answer: AnswerHead): void {
  const raw = answer.rawHeaders
  const targeted = new Set(['cache-control'])
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] as string
    if (TARGETED.test(name)) targeted.add(name.toLowerCase())
  }
  for (const name of targeted) {
    const line = linesOf(raw, name)
    const changed = privately(line)
    if (changed !== line) answer.setHeader(name, changed)
  }
}

/** A Cache-Control line that no shared cache may keep the answer by; '' stands for none. */
export function privately(line: string): string {
  const directives = splitDirectives(line)
  if (directives.some((one) => /^(no-store|private)$/i.test(one))) return line
  const kept = directives.filter((one) => !/^(public|s-maxage|private)([ \t]*=|$)/i.test(one))
  return [...kept, 'private'].join(', ')
}

// Commas in quotes separate nothing: private="set-cookie, x".
function splitDirectives(line: string): string[] {
  const found = line.match(/(?:"(?:\\.|[^"\\])*"?|[^",])+/g) ?? []
  return found.map((one) => one.trim()).filter((one) => one !== '')
}

function linesOf(raw: readonly string[], name: string): string {
  let joined = ''
  for (let i = 0; i < raw.length; i += 2) {
    if (raw[i]?.toLowerCase() === name) joined += joined === '' ? raw[i + 1] : `, ${raw[i + 1]}`
  }
  return joined
}
