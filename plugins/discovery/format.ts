import { type Parse, parseJson } from './document.ts'

/**
 * What reads a file: the user's function, or by the file's name.
 *
 * @throws Error where that takes a package that is not installed
 */
export async function parserOf(file: string, own: Parse | null): Promise<Parse> {
  if (own !== null) return own
  return /\.ya?ml$/i.test(file) ? yamlParser() : parseJson
}

async function yamlParser(): Promise<Parse> {
  try {
    const { parse } = await import('yaml')
    // Warnings of a document would go to the console, and each time again.
    return (text) => parse(text, { logLevel: 'error' })
  } catch (error: unknown) {
    throw new Error('a YAML file takes the package "yaml": install it, or give `parse`', {
      cause: error,
    })
  }
}
