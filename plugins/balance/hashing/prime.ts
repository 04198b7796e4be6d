/** What is wrong with the size of a table: only a prime number has all steps reach all slots. */
export function sizeProblem(size: number): string | undefined {
  if (isPrime(size)) return undefined
  let below = size - 1
  while (!isPrime(below)) below--
  let above = size + 1
  while (!isPrime(above)) above++
  return `must be a prime number, such as ${below} or ${above}, got ${size}`
}

function isPrime(size: number): boolean {
  if (size < 2 || (size > 2 && size % 2 === 0)) return false
  for (let factor = 3; factor * factor <= size; factor += 2) if (size % factor === 0) return false
  return true
}
