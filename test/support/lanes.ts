import { native, type RouteConfig } from 'sluice'

type Chain = NonNullable<RouteConfig['plugins']>

async function nothing(): Promise<void> {}

/** A chain that holds nothing. */
export const STRAIGHT: Chain = []

/** The two ways in which answers reach a client: straight, and through Fastify's reply. */
export const LANES: Readonly<Record<string, Chain>> = {
  'straight to the client': STRAIGHT,
  'through native plugins': [native(nothing, {})],
}
