import { Type } from 'typebox'
import { checked } from './checked.ts'
import { duration } from './units.ts'

const NODE = '^(\\[[0-9A-Fa-f:.]+\\]|[^:\\s\\[\\]]+):[0-9]{1,5}$'

const Sentinel = checked(
  Type.Object(
    {
      nodes: nodes('Sentinels to ask in place of the URL’s host, as `host:port`.'),
      master: text('The name that they know the master by.'),
      password: text('Their own password.'),
    },
    { default: {}, description: 'For a Redis behind Sentinels.' },
  ),
  (given) => (given.nodes.length > 0 && given.master === '' ? 'must name the master' : undefined),
)

const Tls = Type.Object(
  {
    ca: text('Certificates to trust in place of the system’s, in PEM, or a file of them.'),
    cert: text('The certificate to show, in PEM, or a file’s path.'),
    key: text('Its private key, likewise.'),
    servername: text('The name to verify and to ask for; the URL’s host if empty.'),
    insecure: Type.Optional(
      Type.Boolean({ default: false, description: 'Accepts any certificate.' }),
    ),
  },
  { default: {}, description: 'For `rediss://`.' },
)

const FIELDS = {
  url: Type.Optional(
    checked(
      Type.String({
        default: '',
        description: '`redis://user:password@host:6379/0`, or `rediss://` for TLS; empty for none.',
      }),
      urlProblem,
    ),
  ),
  cluster: nodes('More nodes of a cluster, as `host:port`; at least one if it is a cluster.'),
  sentinel: Type.Optional(Sentinel),
  tls: Type.Optional(Tls),
  connectTimeout: Type.Optional(
    checked(
      duration({
        default: '2s',
        description: 'For a connection on which Redis is ready, and for any answer that is due.',
      }),
      (ms) => (ms === 0 ? 'must be longer than 0' : undefined),
    ),
  ),
}

/**
 * An option that says where a Redis is; the plugin receives what `connect` of REDIS takes. Its `url`
 * is empty where the user says nothing.
 *
 * @example
 * Type.Object({ redis: redisOptions({ description: 'Where sessions are kept.' }) })
 */
export function redisOptions({ description = 'The Redis to use.' } = {}) {
  return Type.Optional(
    checked(Type.Object(FIELDS, { default: {}, description }), ({ cluster, sentinel }) =>
      cluster.length > 0 && sentinel.nodes.length > 0
        ? 'has a cluster and Sentinels; take one'
        : undefined,
    ),
  )
}

function text(description: string) {
  return Type.Optional(Type.String({ default: '', description }))
}

function nodes(description: string) {
  return Type.Optional(Type.Array(Type.String({ pattern: NODE }), { default: [], description }))
}

// The URL holds a password, so no message repeats it.
function urlProblem(written: string): string | undefined {
  if (written === '') return undefined
  if (!URL.canParse(written)) return 'must be a URL such as "redis://127.0.0.1:6379"'
  const { protocol, hostname, pathname, search, hash } = new URL(written)
  if (protocol !== 'redis:' && protocol !== 'rediss:') {
    return 'must begin with redis:// or rediss://'
  }
  if (hostname === '') return 'must name a host'
  if (!/^\/?\d{0,5}$/.test(pathname)) return 'must end with the number of a database, such as /0'
  return search + hash === '' ? undefined : 'must have no query and no fragment'
}
