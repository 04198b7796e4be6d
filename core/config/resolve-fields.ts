import type { Route } from '../contracts/exchange.ts'
import type { Plugin } from '../contracts/plugin.ts'
import type { RouteFields } from '../contracts/route-config.ts'
import type { RoutePlugins } from '../contracts/route-plugins.ts'
import type { PluginUse } from '../contracts/uses.ts'
import { asList, asObject, isPlainObject } from './options.ts'
import type { Problems } from './problems.ts'
import { resolveField } from './resolve-use.ts'
import type { ResolvedRoute, ResolvedUse } from './resolved.ts'
import { remedy } from './suggest.ts'
import { shown } from './validate.ts'

// What only a route that sends requests on can have.
const SENDING = ['split', 'rewrite', 'mirror', 'fallback', 'coalesce']
const FIELDS = ['redirect', 'respond', ...SENDING]

/** Whether a config has a field behind which a plugin stands. */
export function usesFields(input: unknown): boolean {
  return asList(asObject(input).routes).some((route) => {
    const given = asObject(route)
    return typeof given.to === 'object' || FIELDS.some((field) => isThere(given[field]))
  })
}

/** Where a route sends its requests, and the plugins behind its fields. */
export class RouteTargets {
  readonly #place: string
  readonly #given: Readonly<Record<string, unknown>>
  readonly #upstreams: readonly string[]
  readonly #problems: Problems

  constructor(place: string, input: unknown, upstreams: readonly string[], problems: Problems) {
    this.#place = place
    this.#given = asObject(input)
    this.#upstreams = upstreams
    this.#problems = problems
  }

  resolve(
    route: Omit<Route, 'upstreams'>,
    plugins: RoutePlugins | undefined,
  ): Pick<ResolvedRoute, 'to' | 'shares' | 'mirrors' | 'fallbacks' | 'fields'> {
    this.#checkCombination()
    const to = this.#upstreamsOf(this.#given.to)
    const mirror = asObject(this.#given.mirror).to
    if (typeof mirror === 'string') this.#checkName('mirror', mirror)
    const fallback = asObject(this.#given.fallback).to
    if (typeof fallback === 'string') this.#checkFallback(fallback, to)
    return {
      to,
      shares: isPlainObject(this.#given.to) ? this.#given.to : {},
      mirrors: typeof mirror === 'string' ? [mirror] : [],
      fallbacks: typeof fallback === 'string' ? [fallback] : [],
      fields:
        plugins === undefined ? new Map() : this.#fields({ ...route, upstreams: to }, plugins),
    }
  }

  #checkCombination(): void {
    const given = this.#given
    if (isThere(given.redirect) && isThere(given.respond)) {
      this.#problems.add(this.#place, 'redirect and respond both answer; keep one of them')
    }
    if (isThere(given.split) && Object.keys(asObject(given.to)).length < 2) {
      this.#problems.add(`${this.#place}.split`, 'there is nothing to split: `to` has no shares')
    }
    if (isThere(given.to)) return
    if (!isThere(given.redirect) && !isThere(given.respond)) {
      this.#problems.add(this.#place, '"to" is missing; only redirect or respond need none')
    }
    for (const field of SENDING.filter((field) => isThere(given[field]))) {
      this.#problems.add(`${this.#place}.${field}`, 'has no effect on a route without `to`')
    }
  }

  #upstreamsOf(to: unknown): string[] {
    if (!isThere(to)) return []
    const names = isPlainObject(to) ? Object.keys(to) : typeof to === 'string' ? [to] : []
    if (names.length === 0) {
      const wanted = 'the name of an upstream, or shares such as { stable: 95, canary: 5 }'
      this.#problems.add(`${this.#place}.to`, `must be ${wanted}, got ${shown(to)}`)
    }
    for (const name of names) this.#checkName('to', name)
    return names
  }

  #checkFallback(name: string, to: readonly string[]): void {
    this.#checkName('fallback', name)
    // Of several it may be the one that is left.
    if (to.length === 1 && to[0] === name) {
      this.#problems.add(`${this.#place}.fallback`, `"${name}" cannot stand in for itself`)
    }
  }

  #checkName(field: string, name: string): void {
    if (this.#upstreams.includes(name)) return
    this.#problems.add(
      `${this.#place}.${field}`,
      `unknown upstream "${name}"; ${remedy(name, this.#upstreams)}`,
    )
  }

  #fields(route: Route, plugins: RoutePlugins): ResolvedRoute['fields'] {
    // As written: each plugin validates what it is given.
    const { to, redirect, respond, split, rewrite, mirror, fallback, coalesce } = this
      .#given as RouteFields
    const fields = new Map<string, ResolvedUse<Plugin>>()
    const add = <Value>(
      field: string,
      value: Value | undefined,
      make: (value: Value) => PluginUse,
    ): void => {
      if (!this.#isObject(field, value)) return
      const use = resolveField(`${this.#place}.${field}`, make(value), this.#problems)
      if (use !== undefined) fields.set(field, use)
    }
    add('redirect', redirect, (value) => plugins.redirect(value, route))
    add('respond', respond, (value) => plugins.respond(value, route))
    const by = this.#isObject('split', split) ? split : undefined
    if (isPlainObject(to) && route.upstreams.length > 0)
      add('to', to, (value) => plugins.split(value, by, route))
    // A share alone is checked as others are, and needs no plugin.
    if (route.upstreams.length === 1) fields.delete('to')
    add('rewrite', rewrite, (value) => plugins.rewrite(value, route))
    add('mirror', mirror, (value) => plugins.mirror(value, route))
    add('fallback', fallback, (value) => plugins.fallback(value, route))
    add('coalesce', coalesce, (value) => plugins.coalesce(value, route))
    return fields
  }

  #isObject(field: string, value: unknown): value is Record<string, unknown> {
    if (isPlainObject(value)) return true
    if (isThere(value)) {
      this.#problems.add(`${this.#place}.${field}`, `must be an object, got ${shown(value)}`)
    }
    return false
  }
}

function isThere(value: unknown): boolean {
  return value !== undefined && value !== null
}
