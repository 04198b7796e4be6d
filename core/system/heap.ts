import { getHeapStatistics } from 'node:v8'

/** The used share of the largest heap that V8 may have (`--max-old-space-size`), from 0 to 1. */
export function heapShare(): number {
  const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics()
  return used / limit
}
