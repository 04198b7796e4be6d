import {
  checked,
  definePlugin,
  duration,
  type Exchange,
  LIFECYCLE,
  type Lifecycle,
  type Plugin,
  Type,
} from '#core'

/**
 * Says how the gateway stops, and answers balancers that ask whether it is ready. In the gateway's
 * own plugins.
 *
 * @example
 * plugins: [drain({ grace: '10s', deadline: '30s', readiness: { path: '/readyz' } })]
 */
export const drain = definePlugin({
  name: 'drain',
  options: Type.Object({
    deadline: Type.Optional(
      duration({
        default: '30s',
        description:
          'How long a stop waits for what is in flight before it cuts the rest. Endpoints that leave the config have as long.',
      }),
    ),
    grace: Type.Optional(
      duration({
        default: 0,
        description:
          'How long a stop goes on accepting first, not ready any more, so that balancers in front notice. It comes before `deadline`.',
      }),
    ),
    spread: Type.Optional(
      duration({
        default: '24s',
        description:
          'Over how long WebSockets are asked to reconnect; at most 80 % of `deadline` is used.',
      }),
    ),
    linger: Type.Optional(
      duration({
        default: '1s',
        description:
          'How long connections without a request stay open once nothing is accepted any more, for a request that is on its way.',
      }),
    ),
    readiness: Type.Optional(
      Type.Object(
        {
          path: Type.Optional(
            checked(
              Type.String({
                default: '',
                description:
                  'The exact path that answers 200 while the gateway is ready, else 503, on every listener; empty for none.',
              }),
              pathProblem,
            ),
          ),
        },
        { default: {}, description: 'Where balancers in front ask whether the gateway is ready.' },
      ),
    ),
  }),
  gatewayOnly: true,
  paths: ({ readiness: { path } }) => (path === '' ? [] : [path]),
  inject: [LIFECYCLE],
  create({ deadline, grace, spread, linger, readiness: { path } }, lifecycle): Plugin {
    const stop = { deadlineMs: deadline, graceMs: grace, spreadMs: spread, lingerMs: linger }
    if (path === '') return { stop }
    return { stop, serves: new Map([[path, (exchange) => tell(exchange, lifecycle)]]) }
  },
})

function tell(exchange: Exchange, { phase }: Lifecycle): void {
  const headers = { 'content-type': 'text/plain', 'cache-control': 'no-store' }
  exchange.reply(phase === 'ready' ? 200 : 503, headers, `${phase}\n`)
}

function pathProblem(path: string): string | undefined {
  if (path === '' || /^\/[^?#\s]*$/.test(path)) return undefined
  return `must be a path such as "/readyz", got "${path}"`
}
