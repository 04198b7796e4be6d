/** What the origin serves: path to body size in bytes. */
export const BODIES = { '/': 100, '/16k': 16_384, '/1m': 1_048_576 } as const

/** One shape of load; `name` is what `--only` takes. */
export interface Scenario {
  readonly name: string
  readonly title: string
  readonly path: keyof typeof BODIES
  readonly connections: number
}

// 1 MiB runs at 16 connections: 64 would only queue 64 MiB in socket buffers, and measure those.
export const SCENARIOS: readonly Scenario[] = [
  { name: 'small', title: '100 bytes, 64 connections', path: '/', connections: 64 },
  { name: '16k', title: '16 KiB, 64 connections', path: '/16k', connections: 64 },
  { name: '1m', title: '1 MiB, 16 connections', path: '/1m', connections: 16 },
  { name: '512', title: '100 bytes, 512 connections', path: '/', connections: 512 },
]
