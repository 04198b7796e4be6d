import { readFileSync } from 'node:fs'
import type { Figure } from './study.ts'

/** What a study found, as `npm run simulate:papers` last wrote it down. */
export interface StudyResult {
  readonly id: string
  readonly setUp: string
  readonly figures: readonly Figure[]
  /** By run; of studies over time. */
  readonly curves: Readonly<Record<string, Curve>>
}

/** Latency of each second, in ms. */
export interface Curve {
  readonly mean: readonly number[]
  readonly p99: readonly number[]
}

/** Where the results and the pictures are. */
export const FOLDER = new URL('../../docs/explain/figures/', import.meta.url)
export const RESULTS = new URL('results.json', FOLDER)

export function readResults(): StudyResult[] {
  return JSON.parse(readFileSync(RESULTS, 'utf8'))
}

/** The figures of one study, by run and then by what was read. */
export function byRun({ figures }: StudyResult): Map<string, Figure[]> {
  return Map.groupBy(figures, ({ run }) => run)
}
