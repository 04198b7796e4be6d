import type { Identity } from './contracts/identity.ts'
import { contextKey } from './define.ts'

/**
 * Who the client is: plugins that authenticate set it in a flow's context, limits, logs and splits
 * read it. Undefined for a client that nobody has vouched for.
 *
 * @example
 * exchange.flow.context.set(IDENTITY, { subject: 'ada', by: 'api-key', claims: {} })
 */
export const IDENTITY = contextKey<Identity>('IDENTITY')
