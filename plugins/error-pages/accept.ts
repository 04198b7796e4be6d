/**
 * How much a client wants a media type, from 0 to 1, by its Accept header (RFC 9110, 12.5.1): the
 * most specific range that fits counts. Without a header everything is wanted alike. Of a header
 * that cannot be read the readable ranges count.
 */
export function qualityOf(accept: string | undefined, type: string): number {
  if (accept === undefined || accept.trim() === '') return 1
  const slash = type.indexOf('/')
  let best = 0
  let specificity = -1
  for (const item of accept.toLowerCase().split(',')) {
    const [range = '', ...parameters] = item.split(';')
    const rank = rankOf(range.trim(), type, slash)
    if (rank <= specificity) continue
    specificity = rank
    best = weightOf(parameters)
  }
  return best
}

function rankOf(range: string, type: string, slash: number): number {
  if (range === type) return 2
  if (range === `${type.slice(0, slash)}/*`) return 1
  return range === '*/*' ? 0 : -1
}

function weightOf(parameters: readonly string[]): number {
  for (const parameter of parameters) {
    const [name = '', value = ''] = parameter.split('=')
    if (name.trim() !== 'q') continue
    const weight = Number(value.trim())
    return weight >= 0 && weight <= 1 ? weight : 0
  }
  return 1
}
