import type { PluginUse } from '#core'
import { drain } from './drain/index.ts'
import { outlierEjection } from './outlier-ejection/index.ts'
import { requestId } from './request-id/index.ts'
import { retry } from './retry/index.ts'

/** What to change of the standard plugins: options of a part, or `false` to leave it out. */
export interface StandardOptions {
  readonly requestId?: Parameters<typeof requestId>[0] | false
  readonly retry?: Parameters<typeof retry>[0] | false
  readonly outlierEjection?: Parameters<typeof outlierEjection>[0] | false
  readonly drain?: Parameters<typeof drain>[0] | false
}

/**
 * The plugins that a gateway should have unless there is a reason against one, in the right order:
 * an id for each exchange, another try where that is safe, no new flows to endpoints that do worse
 * than the others, and a stop that lets what is in flight finish. For the gateway's `plugins`.
 *
 * @example
 * plugins: [...standard(), accessLog()]
 * @example
 * plugins: [...standard({ retry: { retries: 2 }, requestId: false })]
 */
export function standard(options: StandardOptions = {}): PluginUse[] {
  const parts: PluginUse[] = []
  if (options.requestId !== false) parts.push(requestId(options.requestId))
  if (options.retry !== false) parts.push(retry(options.retry))
  if (options.outlierEjection !== false) parts.push(outlierEjection(options.outlierEjection))
  if (options.drain !== false) parts.push(drain(options.drain))
  return parts
}
