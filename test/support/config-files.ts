import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Teardown } from './teardown.ts'

/** A folder of files that make a config. It lies in the repository, where `sluice` is found. */
export interface ConfigFiles {
  readonly path: (name: string) => string
  /** Writes into the file, as `echo > file` does. */
  write(name: string, text: string): void
  /** Puts a new file in its place, as most editors do. */
  replace(name: string, text: string): void
}

export function configFiles(t: Teardown): ConfigFiles {
  const folder = mkdtempSync(new URL('.files-', import.meta.url).pathname)
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const path = (name: string): string => join(folder, name)
  return {
    path,
    write: (name, text) => writeFileSync(path(name), text),
    replace(name, text) {
      writeFileSync(path(`${name}~`), text)
      renameSync(path(`${name}~`), path(name))
    },
  }
}
