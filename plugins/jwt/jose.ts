import { createRequire } from 'node:module'

/** The package that signs and verifies. */
export type Jose = typeof import('jose')

/** @throws Error that says what to install */
export function loadJose(require: (name: string) => unknown = createRequire(import.meta.url)) {
  try {
    return require('jose') as Jose
  } catch (error: unknown) {
    throw new Error('jwt takes the package "jose": run npm install jose', { cause: error })
  }
}
