// (a+){10} already tries every way to cut a text into ten.
const MANY = 10

/** A group that is being read. */
interface Group {
  /** Whether it can take one text in several ways, or texts of several lengths. */
  varies: boolean
  /** What each alternative begins with, as it is written; empty where that cannot be told. */
  readonly beginnings: string[]
  isAtStart: boolean
}

/**
 * Whether a pattern repeats a group whose own length can vary, as `(a+)+` and `(a?b?)+` do, or one
 * with alternatives that may begin alike, as `(a|a)+` does: such patterns take time exponential in
 * the text before they fail. It also hits some that are harmless, such as `(\w+\.)+`: a guard
 * against the common mistakes, not a proof.
 */
export function repeatsWhatVaries({ source, flags }: RegExp): boolean {
  const around: Group[] = []
  let group = opened()
  let closed: Group | undefined
  for (let i = 0; i < source.length; ) {
    const rest = source.slice(i)
    const [whole, quantifier] = QUANTIFIER.exec(rest) ?? []
    if (whole !== undefined && quantifier !== undefined) {
      if (closed?.varies && repeatsMuch(quantifier)) return true
      group.varies ||= isVariable(quantifier)
      i += whole.length
      continue
    }
    closed = undefined
    const [opening] = OPENING.exec(rest) ?? []
    if (opening !== undefined) {
      begin(group, '')
      around.push(group)
      group = opened()
      i += opening.length
    } else if (rest.startsWith(')')) {
      begin(group, '')
      closed = group
      closed.varies ||= areAlike(closed.beginnings, flags)
      group = around.pop() ?? opened()
      group.varies ||= closed.varies
      i++
    } else if (rest.startsWith('|')) {
      begin(group, '')
      group.isAtStart = true
      i++
    } else {
      const atom = atomOf(rest, flags)
      begin(group, ASSERTION.test(atom) ? '' : atom)
      i += atom.length
    }
  }
  return false
}

// A question mark behind a quantifier makes it lazy.
const QUANTIFIER = /^([*+?]|\{\d+(?:,\d*)?\})\??/
const OPENING = /^\((?:\?(?:[a-z-]*:|<?[=!]|<[^>]*>))?/
const ESCAPE = /^\\(?:x[0-9a-f]{2}|u[0-9a-f]{4}|u\{[0-9a-f]+\}|c[a-z]|[pPk][{<][^}>]*[}>]|[\s\S])/i
// Takes no character, or one that the text decides.
const ASSERTION = /^(?:\^|\$|\\[bBk1-9])/

function opened(): Group {
  return { varies: false, beginnings: [], isAtStart: true }
}

function begin(group: Group, beginning: string): void {
  if (group.isAtStart) group.beginnings.push(beginning)
  group.isAtStart = false
}

/** A class, an escape or a character. */
function atomOf(rest: string, flags: string): string {
  if (rest.startsWith('[')) return rest.slice(0, lengthOfClass(rest, flags.includes('v')))
  return ESCAPE.exec(rest)?.[0] ?? rest.charAt(0)
}

/** Whether two of these may take the same character; one that cannot be told may take any. */
function areAlike(beginnings: readonly string[], flags: string): boolean {
  if (beginnings.length < 2) return false
  if (beginnings.includes('')) return true
  const patterns = beginnings.map((beginning) => new RegExp(`^${beginning}$`, flags))
  // What clients send arrives as one character a byte.
  for (let code = 0; code < 256; code++) {
    const char = String.fromCharCode(code)
    if (patterns.filter((pattern) => pattern.test(char)).length > 1) return true
  }
  return false
}

function repeatsMuch(quantifier: string): boolean {
  return boundsOf(quantifier)[1] >= MANY
}

function isVariable(quantifier: string): boolean {
  const [least, most] = boundsOf(quantifier)
  return most > least
}

function boundsOf(quantifier: string): readonly [number, number] {
  if (quantifier === '?') return [0, 1]
  if (quantifier === '*') return [0, Number.POSITIVE_INFINITY]
  if (quantifier === '+') return [1, Number.POSITIVE_INFINITY]
  const [least = '', most] = quantifier.slice(1, -1).split(',')
  if (most === undefined) return [Number(least), Number(least)]
  return [Number(least), most === '' ? Number.POSITIVE_INFINITY : Number(most)]
}

/** The length of a character class, brackets included; with flag v one may hold others. */
function lengthOfClass(rest: string, mayNest: boolean): number {
  let depth = 0
  for (let i = 0; i < rest.length; i++) {
    if (rest[i] === '\\') i++
    else if (rest[i] === '[') depth = mayNest ? depth + 1 : 1
    else if (rest[i] === ']' && --depth === 0) return i + 1
  }
  return rest.length
}
