/** A Markdown table as Biome lays it out: the first row is its head, cells are as wide as the widest. */
export function table(rows: readonly (readonly string[])[]): string {
  const cells = rows.map((row) => row.map((cell) => cell.replaceAll('|', '\\|')))
  const widths = (cells[0] ?? []).map((_, column) => {
    return Math.max(3, ...cells.map((row) => row[column]?.length ?? 0))
  })
  const rule = widths.map((width) => '-'.repeat(width))
  const [head = [], ...body] = cells
  return [head, rule, ...body].map((row) => line(row, widths)).join('\n')
}

function line(row: readonly string[], widths: readonly number[]): string {
  return `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`
}
