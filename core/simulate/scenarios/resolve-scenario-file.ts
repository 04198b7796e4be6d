import { type TObject, Type } from 'typebox'
import { ConfigError } from '../../config/config-error.ts'
import { asList, asObject, closed } from '../../config/options.ts'
import { dotted, Problems } from '../../config/problems.ts'
import type { ResolvedGateway } from '../../config/resolved.ts'
import { remedy } from '../../config/suggest.ts'
import { duration, parseUnit } from '../../config/units.ts'
import { shown, validate } from '../../config/validate.ts'
import { resolveClients } from '../clients/resolve-clients.ts'
import { type ResolvedModel, resolveModels } from '../resolve-model.ts'
import { type ExpectedFigure, resolveExpectations } from './resolve-expectations.ts'
import type { PlannedVariant, ResolvedScenarioFile } from './resolved-scenario-file.ts'
import { gatewayPlan, routesFor } from './routes.ts'

/** Makes of a config what a gateway would. @throws ConfigError with every problem */
export type ResolveGateway = (config: object) => Promise<ResolvedGateway>

const optional = Type.Optional
const anything = () => optional(Type.Unsafe<unknown>({ default: null }))
const ALONE = 'run'
const SLICES = 100
const LEAST_SLICE_MS = 100

const FIELDS = {
  duration: duration(),
  warmUp: optional(duration({ default: 0 })),
  slice: optional(duration({ default: 0 })),
  runs: optional(Type.Integer({ minimum: 1, maximum: 10_000, default: 1 })),
  gateways: optional(Type.Integer({ minimum: 1, maximum: 10_000, default: 1 })),
  subset: optional(Type.Integer({ minimum: 0, default: 0 })),
  upstreams: Type.Unsafe<unknown>({}),
  routes: anything(),
  plugins: anything(),
  clients: Type.Unsafe<unknown>({}),
  provide: anything(),
}
const SCENARIO = schema({
  title: Type.String({ minLength: 1 }),
  story: optional(Type.String({ default: '' })),
  seed: optional(Type.Integer({ minimum: -(2 ** 31), maximum: 2 ** 32 - 1, default: 1 })),
  variants: anything(),
  expect: anything(),
  ...FIELDS,
})
const OF_A_VARIANT = [...Object.keys(FIELDS), 'note']
/** Of an upstream in a config, what there is in a scenario. */
const OF_AN_UPSTREAM = ['balance', 'select', 'plugins', 'connections', 'failure', 'timeouts']

interface Given {
  readonly title: string
  readonly story: string
  readonly seed: number
  readonly duration: number
  readonly warmUp: number
  readonly slice: number
  readonly runs: number
  readonly gateways: number
  readonly subset: number
}

/**
 * Validates a scenario file, each variant as the scenario that it makes.
 *
 * @throws ConfigError with every problem, once
 */
export async function resolveScenarioFile(
  input: unknown,
  resolveGateway: ResolveGateway,
): Promise<ResolvedScenarioFile> {
  const base = asObject(input)
  const { variants, expect, ...rest } = base
  const written = Object.entries(asObject(variants ?? { [ALONE]: {} }))
  const lines = new Set<string>()
  const found: PlannedVariant[] = []
  let head: Given | undefined
  for (const [name, variant] of written) {
    const problems = new Problems()
    const own = asObject(variant)
    for (const key of Object.keys(own)) {
      if (OF_A_VARIANT.includes(key)) continue
      problems.add('', `unknown key "${key}"; ${remedy(key, OF_A_VARIANT)}`)
    }
    const { note = '', ...fields } = own
    const merged = { ...rest, ...fields }
    try {
      const [planned, given] = await resolveVariant(name, merged, expect, resolveGateway, problems)
      found.push({ ...planned, note: String(note) })
      head = given
    } catch (error: unknown) {
      if (!(error instanceof ConfigError)) throw error
      for (const line of error.problems) lines.add(placed(line, name, own))
    }
  }
  for (const name of Object.keys(asObject(expect))) {
    const names = [...written.map(([one]) => one), 'all']
    if (!names.includes(name))
      lines.add(`expect: unknown variant "${name}"; ${remedy(name, names)}`)
  }
  if (lines.size > 0 || head === undefined) throw new ConfigError([...lines])
  const { title, story, seed } = head
  return { title, story, seed, variants: found }
}

async function resolveVariant(
  name: string,
  input: Record<string, unknown>,
  expect: unknown,
  resolveGateway: ResolveGateway,
  problems: Problems,
): Promise<readonly [PlannedVariant, Given]> {
  const given = validate(SCENARIO, input, (inside, sentence) =>
    problems.add(dotted(inside).slice(1), sentence),
  ) as Given | undefined
  const clients = resolveClients(input.clients, problems)
  const { models, config } = configOf(input, problems)
  // What is wrong elsewhere does not hide what is wrong with times.
  const durationMs = parseUnit('duration', input.duration) ?? 0
  const warmUpMs = parseUnit('duration', input.warmUp) ?? 0
  if (warmUpMs > 0 && warmUpMs >= durationMs) {
    problems.add('warmUp', `must be shorter than the duration of ${durationMs} ms`)
  }
  const whole = { fromMs: warmUpMs, toMs: durationMs }
  const expected: ExpectedFigure[] = ['all', name].flatMap((key) => {
    const wanted = asObject(expect)[key]
    return wanted === undefined || durationMs === 0
      ? []
      : resolveExpectations(`expect.${key}`, wanted, whole, problems)
  })
  const hasFault = models.some(({ faults }) => faults.length > 0)
  if (!hasFault && expected.some(({ figure }) => figure === 'timeToRecover')) {
    problems.add(
      `expect.${name}`,
      'timeToRecover needs a fault to recover from, and no endpoint has one',
    )
  }
  const resolved = await resolveGateway(config).catch((error: unknown) => {
    if (!(error instanceof ConfigError)) throw error
    for (const line of error.problems) problems.add('', line)
    return undefined
  })
  const routes = resolved === undefined ? [] : routesFor(clients, resolved, problems)
  problems.raise()
  const { seed, warmUp, slice, runs, gateways, subset } = given as Given
  const variant = {
    name,
    note: '',
    world: {
      seed,
      gateways,
      subset,
      gateway: gatewayPlan(resolved as ResolvedGateway),
      models,
      provide: (resolved as ResolvedGateway).provide,
    },
    clients,
    routes,
    durationMs,
    warmUpMs: warmUp,
    sliceMs: slice || Math.max(LEAST_SLICE_MS, Math.ceil(durationMs / SLICES)),
    runs,
    expected,
  }
  return [variant, given as Given]
}

/** The config that a gateway in front of the models would have. */
function configOf(input: Record<string, unknown>, problems: Problems) {
  const models: ResolvedModel[] = []
  const upstreams: Record<string, unknown> = {}
  const entries = Object.entries(asObject(input.upstreams))
  if (entries.length === 0) problems.add('upstreams', 'must have at least one upstream')
  for (const [name, upstream] of entries) {
    const place = `upstreams.${name}`
    const { endpoints, ...parts } = asObject(upstream)
    if (asList(endpoints).length === 0) {
      problems.add(`${place}.endpoints`, `must be a list of models, got ${shown(endpoints)}`)
    }
    for (const key of Object.keys(parts)) {
      if (OF_AN_UPSTREAM.includes(key)) continue
      problems.add(place, `unknown key "${key}"; ${remedy(key, ['endpoints', ...OF_AN_UPSTREAM])}`)
      delete parts[key]
    }
    const prefix = entries.length === 1 ? 'e' : `${name}-`
    const own = resolveModels(`${place}.endpoints`, endpoints, problems, prefix)
    models.push(...own)
    const places = own.map((model, at) => ({
      url: `http://${name}-${at}.test`,
      id: model.id,
      ...model.place,
    }))
    // A list of one stands in for models that are wrong: what is wrong with the rest is told too.
    upstreams[name] = { ...parts, endpoints: places.length > 0 ? places : ['http://wrong.test'] }
  }
  const { routes, plugins, provide } = input
  const [only] = entries
  const config = {
    http: { port: 0 },
    upstreams,
    routes: routes ?? (entries.length === 1 ? [{ to: only?.[0] }] : []),
    ...(plugins === undefined ? {} : { plugins }),
    ...(provide === undefined ? {} : { provide }),
  }
  return { models, config }
}

/** A problem at the place where its key is written: in the variant, or in the scenario itself. */
function placed(line: string, variant: string, own: Record<string, unknown>): string {
  const [, unknown] = /^unknown key "(.+?)"/.exec(line) ?? []
  if (unknown !== undefined) {
    return Object.hasOwn(own, unknown) ? `variants.${variant}: ${line}` : line
  }
  const [, key = ''] = /^(\w+)/.exec(line) ?? []
  return Object.hasOwn(own, key) ? `variants.${variant}.${line}` : line
}

function schema(properties: Parameters<typeof Type.Object>[0]): TObject {
  return closed('simulate', Type.Object(properties)) as unknown as TObject
}
