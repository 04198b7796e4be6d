// (a+){10} already tries every way to cut a text into ten.
const MANY = 10

/**
 * Whether a pattern repeats a group whose own length can vary, as `(a+)+` does: such patterns take
 * time exponential in the text before they fail. It also hits some that are harmless, such as
 * `(\w+\.)+`, and does not see alternatives that overlap, such as `(a|a)+`: a guard against the
 * common mistake, not a proof.
 */
export function repeatsWhatVaries(source: string): boolean {
  const around: boolean[] = []
  let varies = false
  let groupVaries = false
  for (let i = 0; i < source.length; i++) {
    const rest = source.slice(i)
    const [quantifier] = /^(?:[*+]|\{\d+(?:,\d*)?\})/.exec(rest) ?? []
    if (quantifier !== undefined) {
      if (groupVaries && repeatsMuch(quantifier)) return true
      varies ||= isVariable(quantifier)
      i += quantifier.length - 1
      continue
    }
    groupVaries = false
    const char = source[i]
    if (char === '\\') i++
    else if (char === '[') i += lengthOfClass(rest) - 1
    else if (char === '(') {
      around.push(varies)
      varies = false
    } else if (char === ')') {
      groupVaries = varies
      varies ||= around.pop() ?? false
    }
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
  if (quantifier === '*') return [0, Number.POSITIVE_INFINITY]
  if (quantifier === '+') return [1, Number.POSITIVE_INFINITY]
  const [least = '', most] = quantifier.slice(1, -1).split(',')
  if (most === undefined) return [Number(least), Number(least)]
  return [Number(least), most === '' ? Number.POSITIVE_INFINITY : Number(most)]
}

/** The length of a character class, brackets included; with flag v one may hold others. */
function lengthOfClass(rest: string): number {
  let depth = 0
  for (let i = 0; i < rest.length; i++) {
    if (rest[i] === '\\') i++
    else if (rest[i] === '[') depth++
    else if (rest[i] === ']' && --depth === 0) return i + 1
  }
  return rest.length
}
