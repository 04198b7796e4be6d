import { isSource, type Pages, type Source } from './pages.ts'

const STATUS = /^([45]\d\d|[45]xx)$/
const LANGUAGES = ['html', 'json', 'text']

/** What is wrong with the option `pages`; undefined if nothing is. */
export function pagesProblem(pages: Readonly<Record<string, unknown>>): string | undefined {
  if (Object.keys(pages).length === 0) return 'must have a page at least'
  for (const [status, page] of Object.entries(pages)) {
    if (!STATUS.test(status)) {
      return `"${status}" is no status of an error; write 404, '4xx' or '5xx'`
    }
    const problem = pageProblem(page)
    if (problem !== undefined) return `${status}: ${problem}`
  }
  return undefined
}

function pageProblem(page: unknown): string | undefined {
  if (typeof page === 'string') return sourceProblem(page)
  if (typeof page !== 'object' || page === null) return 'must be a text, { file } or { html, json }'
  if (isSource(page as Pages)) return sourceProblem(page)
  const languages = Object.entries(page)
  if (languages.length === 0) return 'must have html, json or text'
  for (const [language, source] of languages) {
    if (!LANGUAGES.includes(language)) {
      return `unknown key "${language}"; allowed: file, ${LANGUAGES.join(', ')}`
    }
    const problem = sourceProblem(source)
    if (problem !== undefined) return `${language} ${problem}`
  }
  return undefined
}

function sourceProblem(source: unknown): string | undefined {
  if (typeof source === 'string') return source === '' ? 'must not be empty' : undefined
  const { file, ...rest } = (source ?? {}) as Exclude<Source, string>
  if (typeof file !== 'string' || file === '' || Object.keys(rest).length > 0) {
    return 'must be a text or { file } with a path'
  }
  return undefined
}
