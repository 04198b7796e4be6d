import assert from 'node:assert/strict'
import { type Binding, bind, CLOCK, type EndpointConfig, LOGGER, type PluginUse } from 'sluice'
import { instantiate, VirtualClock } from 'sluice/testing'

/** A line that a discovery logged. */
export interface Line {
  readonly level: 'info' | 'warn'
  readonly message: string
  readonly trouble: string
}

/** A discovery under test, in virtual time. */
export interface Watching {
  readonly clock: VirtualClock
  /** Everything it handed on, oldest first, as URLs. */
  readonly updates: string[][]
  /** The last of it, whole. */
  readonly last: readonly EndpointConfig[]
  readonly lines: Line[]
  /** What was wrong, one text a line. */
  readonly troubles: string[]
  /** `ok` once the load would go on, or the error's message. */
  readonly state: string
  /** Lets so many ms go by, and what is then due be done. */
  pass(ms: number): Promise<void>
  stop(): void
}

const STEP_MS = 50

/** Begins a discovery; `refuse` is the complaint about what it hands on, if there is one. */
export async function watching(
  use: PluginUse,
  bindings: readonly Binding[] = [],
  refuse: (endpoints: readonly (string | EndpointConfig)[]) => string | undefined = () => undefined,
): Promise<Watching> {
  const clock = new VirtualClock()
  const seen = {
    clock,
    updates: [] as string[][],
    last: [] as readonly EndpointConfig[],
    lines: [] as Line[],
    state: '',
    get troubles() {
      return seen.lines.flatMap(({ level, trouble }) => (level === 'warn' ? [trouble] : []))
    },
    async pass(ms: number) {
      for (let passed = 0; passed < ms; passed += STEP_MS) {
        clock.advance(Math.min(STEP_MS, ms - passed))
        await turn()
      }
    },
    stop() {},
  }
  const write =
    (level: Line['level']) =>
    (fields: object, message = '') => {
      seen.lines.push({ level, message, trouble: (fields as { trouble?: string }).trouble ?? '' })
    }
  const log = { debug() {}, info: write('info'), warn: write('warn'), error: assert.fail }
  const plugin = instantiate(use, [bind(CLOCK, clock), bind(LOGGER, log as never), ...bindings])
  const begun = plugin.discover?.((endpoints) => {
    const complaint = refuse(endpoints)
    if (complaint !== undefined) throw new Error(complaint)
    seen.last = endpoints.map((one) => (typeof one === 'string' ? { url: one } : one))
    seen.updates.push(seen.last.map(({ url }) => url))
  })
  Promise.resolve(begun).then(
    (stop) => {
      seen.state = 'ok'
      seen.stop = () => stop?.()
    },
    (error: Error) => {
      seen.state = error.message
    },
  )
  await turn()
  return seen
}

/** Lets everything that is ready run. */
export async function turn(): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve))
}
