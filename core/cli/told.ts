import type { Explanation, Link } from './explanation.ts'
import { table } from './table.ts'

// A config may have thousands of routes for any host; --json has them all.
const MOST_OTHERS = 20

/** An explanation as people read it. */
export function told(explanation: Explanation): string {
  const { request, route, answer, chain, upstream } = explanation
  const { method, host, target } = request
  const lines = [`${method} ${target}${host === '' ? ', no host' : `, host ${host}`}`]
  if (route !== null) lines.push(`-> ${route.place}: ${route.id}`)
  if (answer !== null) {
    const { status, title, allow } = answer
    const methods = allow.length === 0 ? '' : `, Allow: ${allow.join(', ')}`
    lines.push(`-> no route: ${status} ${title}${methods}`)
  }
  lines.push(...section('path parameters', params(explanation)))
  lines.push(...section('other routes for this host or path, nearest first', others(explanation)))
  lines.push(...section('rule: the first difference decides', rule(explanation)))
  lines.push(...section('chain, in this order', table(chain.map(row))))
  if (upstream !== null) {
    const rows = upstream.endpoints.map(({ id, url, weight, state }) => {
      return [id, url, `weight ${weight}`, state]
    })
    lines.push(...section(`upstream ${upstream.name}, ${upstream.balance}`, table(rows)))
  }
  return lines.join('\n')
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', title, ...lines]
}

function params({ route }: Explanation): string[] {
  return table(Object.entries(route?.params ?? {}))
}

function others({ others: all }: Explanation): string[] {
  const rows = all.slice(0, MOST_OTHERS).map(({ place, id, why }) => [place, id, why.join('; ')])
  const left = all.length - rows.length
  return left > 0 ? [...table(rows), `  and ${left} more; --json lists them all`] : table(rows)
}

function rule({ rule: parts }: Explanation): string[] {
  return parts.map((part, index) => `  ${index + 1}. ${part}`)
}

function row({ level, kind, name, place }: Link): string[] {
  const note = kind === 'native' ? 'native: Fastify’s phases, around all plugins below' : ''
  return [level, name, place, note]
}
