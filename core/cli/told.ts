import type { AskedKey } from './balancing.ts'
import type { Explanation, Link, Target } from './explanation.ts'
import { table } from './table.ts'

// A config may have thousands of routes for any host; --json has them all.
const MOST_OTHERS = 20
// What led to a hold stands at the end of a timeline.
const LAST_CHANGES = 5

/** An explanation as people read it. */
export function told(explanation: Explanation): string {
  const { request, served, route, answer, chain, upstreams } = explanation
  const { method, host, target } = request
  const lines = [`${method} ${target}${host === '' ? ', no host' : `, host ${host}`}`]
  if (served !== null) lines.push(`-> answered by ${served}`)
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
  for (const upstream of upstreams) lines.push(...targetLines(upstream))
  return lines.join('\n')
}

/** An upstream with its candidates. */
export function targetLines(target: Target): string[] {
  return section(title(target), candidates(target))
}

function title({ name, isFallback, balance, select }: Target): string {
  const around = select.length === 0 ? '' : ` inside ${select.join(', ')}`
  return `${isFallback ? 'fallback' : 'upstream'} ${name}, ${balance}${around}`
}

function candidates({ key, discovery, endpoints, statuses }: Target): string[] {
  const known = Object.entries(statuses).map(([name, status]) => {
    return `  ${name}: ${JSON.stringify(status)}`
  })
  if (discovery !== null && endpoints.length === 0) {
    const lines = [`  found by ${discovery} while the gateway runs`]
    return key === null ? [...lines, ...known] : [...lines, `  ${keyText(key)}`, ...known]
  }
  const hasLevels = endpoints.some(({ priority }) => priority !== 0)
  const hasZones = endpoints.some(({ zone }) => zone !== '')
  const rows = endpoints.map(({ id, url, weight, priority, zone, inflight, state }) => [
    id,
    url,
    `weight ${weight}`,
    ...(hasLevels ? [`priority ${priority}`] : []),
    ...(hasZones ? [zone === '' ? 'no zone' : `zone ${zone}`] : []),
    `${inflight} in flight`,
    state,
  ])
  const timelines = endpoints.filter(isHeld).flatMap(timeline)
  return [...table(rows), ...timelines, ...(key === null ? [] : [`  ${keyText(key)}`]), ...known]
}

function isHeld({ state }: Target['endpoints'][number]): boolean {
  return state.startsWith('held')
}

function timeline({ id, changes }: Target['endpoints'][number]): string[] {
  return changes.slice(-LAST_CHANGES).map(({ at, event, reason, cause }) => {
    return `  ${id} at ${at}: ${[event, reason].join(' ').trim()}${cause && ` (${cause})`}`
  })
}

function keyText({ by, hash, endpoint, error }: AskedKey): string {
  if (by === 'ip') return 'key by ip: the address of whoever asks'
  if (error !== null) return `key by ${by}: it throws, so this request fails: ${error}`
  if (hash === null) return `key by ${by}: this request has none, so the fallback chooses`
  const goes = endpoint === null ? '' : `, which gets ${endpoint} while all are ready`
  return `key by ${by}: hash ${hash}${goes}`
}

/** Lines below a title; nothing where there are none. */
export function section(title: string, lines: readonly string[]): string[] {
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
