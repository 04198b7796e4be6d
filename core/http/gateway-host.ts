import type { Clock } from '../contracts/clock.ts'
import type { Logger } from '../contracts/logger.ts'
import type { LiveLifecycle } from '../lifecycle.ts'
import type { Streams } from '../stream/streams.ts'
import type { Deadlines } from './deadlines.ts'
import type { LateHeads } from './late-heads.ts'
import type { Tunnels } from './tunnels.ts'

/** What every generation of one gateway shares. */
export interface Host {
  readonly clock: Clock
  readonly log: Logger
  /** Begins every exchange id of this process. */
  readonly instanceId: string
  readonly lateHeads: LateHeads
  readonly deadlines: Deadlines
  readonly tunnels: Tunnels
  readonly streams: Streams
  readonly lifecycle: LiveLifecycle
  /** Called after each exchange. */
  readonly onFinished: () => void
}
