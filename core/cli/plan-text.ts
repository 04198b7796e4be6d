import type { Changes, Difference, UpstreamChange } from '../plan/changes.ts'
import { sentence } from '../plan/sentence.ts'
import type { MovedKeys } from './moved-keys.ts'
import type { Plan } from './plan.ts'
import { table } from './table.ts'

type Row = readonly string[]

/** A plan as people read it: `+` for what is added, `-` for what goes, `~` for what changes. */
export function planText(plan: Plan): string {
  const { listeners, settings, routes, upstreams, uses, keys, discovered } = plan
  const sections = [
    section('listeners', differenceRows(listeners)),
    section(
      'settings',
      settings.map((key) => ['~', key]),
    ),
    section('routes', routeRows(routes)),
    section('upstreams', upstreamRows(upstreams)),
    section(
      'plugins and strategies',
      differenceRows({ ...uses, changed: uses.replaced }, 'replaced'),
    ),
    section('hash keys that move', keys.map(keyRow)),
    section(
      'not known before the gateway runs',
      discovered.map(({ upstream, by }) => [upstream, `its endpoints come from ${by}`]),
    ),
  ].filter((lines) => lines.length > 0)
  return [...sections.flatMap((lines) => [...lines, '']), sentence(plan)].join('\n')
}

function section(title: string, rows: readonly Row[]): string[] {
  return rows.length === 0 ? [] : [title, ...table(rows)]
}

function differenceRows({ added, removed, changed }: Difference, how = 'changed'): Row[] {
  return [
    ...added.map((name) => ['+', name]),
    ...removed.map((name) => ['-', name]),
    ...changed.map((name) => ['~', name, how]),
  ]
}

function routeRows({ added, removed, retargeted, changed, reordered }: Changes['routes']): Row[] {
  return [
    ...added.map(({ id, to }) => ['+', id, `-> ${to}`]),
    ...removed.map(({ id, to }) => ['-', id, `-> ${to}`]),
    ...retargeted.map(({ id, from, to }) => ['~', id, `-> ${to}, was ${from}`]),
    ...changed.map(({ id, keys }) => ['~', id, `changed: ${keys.join(', ')}`]),
    ...(reordered ? [['~', 'another order, which decides between routes that match alike']] : []),
  ]
}

function upstreamRows({ added, removed, changed }: Changes['upstreams']): Row[] {
  return [
    ...added.map((name) => ['+', name]),
    ...removed.map((name) => ['-', name]),
    ...changed.flatMap(endpointRows),
  ]
}

function endpointRows(change: UpstreamChange): Row[] {
  const { name, joining, leaving, reweighted, replaced, keys } = change
  return [
    ...(keys.length === 0 ? [] : [['~', name, `changed: ${keys.join(', ')}`]]),
    ...joining.map((id) => ['+', name, `${id} joins`]),
    ...leaving.map((id) => ['-', name, `${id} leaves`]),
    ...reweighted.map(({ id, from, to }) => ['~', name, `${id} weighs ${to}, was ${from}`]),
    ...replaced.map(({ id, keys: why }) => ['~', name, `${id} is replaced: ${why.join(', ')}`]),
  ]
}

function keyRow({ upstream, by: { before, after }, sampled, moved }: MovedKeys): Row {
  if (before === null) return [upstream, `hashed by ${after} from now on`]
  if (after === null || moved === null) return [upstream, `not hashed by ${before} any more`]
  if (before !== after) return [upstream, `all: hashed by ${after}, was ${before}`]
  return [upstream, `${((100 * moved) / sampled).toFixed(1)} % of those by ${after}`]
}
