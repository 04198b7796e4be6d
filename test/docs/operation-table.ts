import { OPERATIONS, type Operation } from '../../plugins/admin/operations.ts'
import { table } from './table.ts'

interface Body {
  readonly properties?: Readonly<Record<string, unknown>>
}

/** The Markdown table of every operation of the admin API. */
export function operationTable(): string {
  const rows = OPERATIONS.map(({ method, path, summary, body, answers }: Operation) => {
    const keys = Object.keys((body as Body | undefined)?.properties ?? {})
    const statuses = Object.keys(answers).filter(
      (status) => Number(status) < 400 || status === '503',
    )
    const told = keys.map((key) => `\`${key}\``).join(', ')
    return [`\`${method} ${path}\``, told, statuses.join(', ') || '200', summary]
  })
  return table([['operation', 'body', 'answers', 'what it does'], ...rows])
}
