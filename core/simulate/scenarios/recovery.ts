import type { ResolvedModel } from '../resolve-model.ts'
import type { SliceCounts } from './ledger.ts'

/** What counts as recovered: this share of the goodput before the first fault. */
const RECOVERED = 0.9
/** Over so many slices in a row, so that one lucky slice is not enough and one unlucky one no matter. */
const SLICES = 5

/**
 * Ms from the end of the last fault (from its beginning, if it never ends within the run) until
 * goodput is back and stays there; Infinity for never, NaN where there was nothing to recover to.
 */
export function recoveryMs(
  slices: readonly SliceCounts[],
  models: readonly Pick<ResolvedModel, 'faults'>[],
  { warmUpMs, durationMs, sliceMs }: { warmUpMs: number; durationMs: number; sliceMs: number },
): number {
  const faults = models.flatMap((model) => model.faults).filter(({ fromMs }) => fromMs < durationMs)
  if (faults.length === 0) return Number.NaN
  const firstMs = Math.min(...faults.map(({ fromMs }) => fromMs))
  const lastMs = Math.max(...faults.map(({ fromMs, toMs }) => (toMs < durationMs ? toMs : fromMs)))
  const good = slices.slice(0, Math.floor(durationMs / sliceMs)).map((slice) => slice.good)
  const before = meanOf(good.slice(Math.ceil(warmUpMs / sliceMs), Math.floor(firstMs / sliceMs)))
  if (!(before > 0)) return Number.NaN
  const isBack = (at: number): boolean => meanOf(good.slice(at, at + SLICES)) >= RECOVERED * before
  if (!isBack(good.length - SLICES)) return Number.POSITIVE_INFINITY
  const lastSlice = Math.ceil(lastMs / sliceMs)
  let backAt = good.length - SLICES
  while (backAt > lastSlice && isBack(backAt - 1)) backAt--
  return Math.max(0, backAt * sliceMs - lastMs)
}

/** The first and the last moment at which something is wrong; undefined without faults. */
export function troubleOf(
  models: readonly Pick<ResolvedModel, 'faults'>[],
  durationMs: number,
): { readonly fromMs: number; readonly toMs: number } | undefined {
  const faults = models.flatMap((model) => model.faults).filter(({ fromMs }) => fromMs < durationMs)
  if (faults.length === 0) return undefined
  return {
    fromMs: Math.min(...faults.map(({ fromMs }) => fromMs)),
    toMs: Math.min(durationMs, Math.max(...faults.map(({ toMs }) => toMs))),
  }
}

function meanOf(list: readonly number[]): number {
  return list.length === 0 ? Number.NaN : list.reduce((sum, one) => sum + one, 0) / list.length
}
