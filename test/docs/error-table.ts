import { ERRORS } from '../../core/errors.ts'
import { table } from './table.ts'

// The first two are thrown to callers; nothing limits a body so far, so nobody is told that it is too large.
const NO_ANSWERS: readonly string[] = [
  'ALREADY_ANSWERED',
  'CANNOT_LISTEN',
  'NO_FILE',
  'BODY_TOO_LARGE',
]

/** The Markdown table of every answer that the gateway makes up. */
export function errorTable(): string {
  const rows = Object.entries(ERRORS)
    .filter(([code]) => !NO_ANSWERS.includes(code))
    .map(([code, { status, title, detail, outcome }]) => {
      return [String(status), title, detail, `\`${outcome}\``, `\`${code}\``]
    })
  return table([['status', 'title', 'detail', 'outcome', 'code'], ...rows])
}
