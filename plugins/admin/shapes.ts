import { type TSchema, Type } from '#core'

/** What the API answers with, by the name under which its document lists it. */

const time = (description: string) => Type.String({ format: 'date-time', description })
const timeOrNull = (description: string) =>
  Type.Union([Type.String({ format: 'date-time' }), Type.Null()], { description })

const Hold = Type.Object({
  reason: Type.String({ description: '`admin` for those of this API; plugins have their own.' }),
  cause: Type.String({ description: 'What led to it; empty where nothing was said.' }),
  since: time('When it began.'),
  until: timeOrNull('When it ends by itself; null for not by itself.'),
})

const Change = Type.Object({
  at: time('When.'),
  event: Type.Enum(['joined', 'held', 'released', 'left']),
  reason: Type.String({ description: 'The hold’s; empty for one that joined or left.' }),
  cause: Type.String(),
})

const Drain = Type.Object({
  state: Type.Enum(['draining', 'drained', 'deadline'], {
    description: 'Flows are left; nothing is; the deadline came first.',
  }),
  cause: Type.String(),
  since: time('When it was asked for.'),
  left: Type.Integer({ description: 'Flows that are, or were at the end, still on it.' }),
  cut: Type.Integer({ description: 'Tunnels that were cut at the deadline.' }),
})

const Admin = Type.Object({
  added: Type.Boolean({ description: 'Whether it was added through this API.' }),
  factor: Type.Number({ description: 'What its weight is multiplied by; 1 for nothing.' }),
  hold: Type.Union([Hold, Type.Null()]),
  drain: Type.Union([Drain, Type.Null()]),
})

const known = {
  id: Type.String(),
  url: Type.String(),
  weight: Type.Number({ description: 'Configured weight times every factor in force.' }),
  priority: Type.Integer(),
  zone: Type.String(),
  inflight: Type.Integer({ description: 'Flows that are on it, tunnels included.' }),
  ready: Type.Boolean({ description: 'Whether nothing holds it.' }),
  holds: Type.Array(Hold, { description: 'All in force, whoever holds.' }),
  admin: Type.Object(Admin.properties, { description: 'What this API has done to it.' }),
}
// A gateway may have thousands: their timelines are for whoever asks for one upstream.
const ListedEndpoint = Type.Object(known)
const Endpoint = Type.Object({
  ...known,
  changes: Type.Array(Change, { description: 'Its timeline: the last 20, oldest first.' }),
})

const statuses = Type.Record(Type.String(), Type.Unknown(), {
  description: 'What plugins know of the upstream, by the plugin’s name.',
})
const ListedUpstream = Type.Object({
  name: Type.String(),
  endpoints: Type.Array(ListedEndpoint),
  statuses,
})
const Upstream = Type.Object({ name: Type.String(), endpoints: Type.Array(Endpoint), statuses })

const Wrong = Type.Object({
  pointer: Type.String({
    description: 'Where in the body, as a JSON pointer; empty for the whole.',
  }),
  message: Type.String(),
})

const Problem = Type.Object({
  type: Type.String(),
  title: Type.String(),
  status: Type.Integer(),
  detail: Type.String(),
  errors: Type.Optional(Type.Array(Wrong, { description: 'Everything that is wrong.' })),
})

const Gateway = Type.Object({
  phase: Type.Enum(['starting', 'ready', 'draining']),
  exchanges: Type.Integer({ description: 'In flight, tunnels included.' }),
  tunnels: Type.Integer(),
  streams: Type.Integer({ description: 'Open TCP connections of layer 4.' }),
  connections: Type.Integer({ description: 'Open client connections.' }),
})

const names = { type: 'array', items: { type: 'string' } }
const difference = Type.Unsafe({
  type: 'object',
  properties: { added: names, removed: names, changed: names },
})

const Changes = Type.Object({
  listeners: difference,
  settings: Type.Array(Type.String()),
  routes: Type.Unsafe({ type: 'object' }),
  upstreams: Type.Unsafe({ type: 'object' }),
  uses: Type.Unsafe({ type: 'object' }),
})

export const SHAPES = {
  Health: Type.Object({ status: Type.Literal('ok') }),
  Gateway,
  Upstreams: Type.Object({ upstreams: Type.Array(ListedUpstream) }),
  Upstream,
  Endpoint,
  Config: Type.Unsafe({
    type: 'object',
    description: 'The config in force, defaults filled, secrets redacted.',
  }),
  Changes,
  Stopped: Type.Object({
    exchanges: Type.Integer({ description: 'Requests that were cut.' }),
    tunnels: Type.Integer({ description: 'Tunnels that were cut.' }),
  }),
  Problem,
} as const satisfies Readonly<Record<string, TSchema>>

/** A key of the shapes. */
export type ShapeName = keyof typeof SHAPES
