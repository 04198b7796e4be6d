import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Teardown } from './teardown.ts'

/** A config of the test's own, in a folder of its own, that may change while a gateway runs. */
export interface ConfigFile {
  readonly file: string
  readonly folder: string
  write(text: string): void
}

export function configFile(t: Teardown, text: string): ConfigFile {
  // Within the package, so that the config finds it by its name.
  const folder = mkdtempSync(join(import.meta.dirname, 'config-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'gateway.config.ts')
  const write = (changed: string): void => writeFileSync(file, changed)
  write(text)
  return { file, folder, write }
}

/** One route to `ORIGIN`. */
export function oneRoute({
  before = '',
  listener = '{ host: "127.0.0.1", port: Number(process.env.PORT ?? 0) }',
  upstream = '',
  rest = '',
}: {
  before?: string
  listener?: string
  upstream?: string
  rest?: string
} = {}): string {
  return `
    import { existsSync } from 'node:fs'
    import { CLOCK, defineGateway, definePlugin, Type } from 'sluice'
    import { accessLog, roundRobin } from 'sluice/plugins'
    const exists = (name) => existsSync(new URL(name, import.meta.url))
    ${before}
    export default defineGateway({
      http: ${listener},
      upstreams: { it: { endpoints: [process.env.ORIGIN ?? 'http://127.0.0.1:9'], balance: roundRobin(), ${upstream} } },
      routes: [{ path: '/', to: 'it' }],
      ${rest}
    })`
}
