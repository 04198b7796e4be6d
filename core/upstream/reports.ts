import type { Json } from '../contracts/json.ts'

/** One plugin use that has something to tell of an upstream. */
export interface Reporter {
  /** The plugin's. */
  readonly name: string
  status(): Json | undefined
}

/** Gives what each plugin use knows of an upstream now, by the plugin's name. */
export type Reports = () => Readonly<Record<string, Json>>

export const NO_REPORTS: Reports = () => ({})

/** Asks each use in turn; the second of a plugin goes by `name#2`. One that throws tells nothing. */
export function reportsOf(
  reporters: readonly Reporter[],
  threw: (error: unknown, name: string) => void,
): Reports {
  const counts = new Map<string, number>()
  const named = reporters.map((reporter): readonly [string, Reporter] => {
    const count = (counts.get(reporter.name) ?? 0) + 1
    counts.set(reporter.name, count)
    return [count === 1 ? reporter.name : `${reporter.name}#${count}`, reporter]
  })
  return () => {
    const told: [string, Json][] = []
    for (const [name, reporter] of named) {
      try {
        const status = reporter.status()
        if (status !== undefined) told.push([name, status])
      } catch (error: unknown) {
        threw(error, name)
      }
    }
    return Object.fromEntries(told)
  }
}
