import { scenarioRows } from '../papers/scenarios.ts'
import { table } from './table.ts'

const HEAD = ['', 'goodput', 'failed requests', 'p99', 'attempts a call', 'recovers after']

/** What `npm run simulate:scenarios` found in one scenario. */
export function scenarioTable(name: string): string {
  const rows = scenarioRows()[name]
  if (rows === undefined) throw new Error(`no scenario ${name}: run npm run simulate:scenarios`)
  return table([HEAD, ...rows.map((row) => [...row])])
}
