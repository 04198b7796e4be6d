const CODES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** A text as it stands in HTML, in an attribute too. */
export function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (char) => CODES[char] ?? char)
}

/** A name as the id of a part of a page. */
export function anchor(name: string): string {
  return name.replace(/[^\p{L}\p{N}]+/gu, '-')
}
