import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { test } from 'node:test'
import * as plugins from 'sluice/plugins'
import { PAGES, rendered } from './pages.ts'
import { namesWithOptions } from './plugin-options.ts'
import { ROOT, source } from './source.ts'

for (const page of PAGES) {
  test(`${page} shows the code as it is`, () => {
    const text = source(page)
    assert.ok(rendered(text) === text, 'run: npx node -C sluice-source test/docs/write.ts')
  })

  test(`${page} has no code that is not a file`, () => {
    const bare = /(?<!-->\n)```(ts|js)\n/.exec(source(page))
    assert.equal(bare, null)
  })

  test(`${page} links to what is there`, () => {
    const broken = links(page).filter(([file, anchor]) => !isThere(file, anchor))
    assert.deepEqual(broken, [])
  })

  test(`${page} promises nothing to be effortless`, () => {
    assert.doesNotMatch(prose(source(page)), /\b(just|simply|easy|easily|obviously)\b/i)
  })
}

test('the request path is drawn once', () => {
  const drawn = PAGES.filter((page) => /```mermaid|^ acquire /m.test(source(page)))
  assert.deepEqual(drawn, ['docs/index.md'])
})

test('every built-in plugin and strategy stands in the config reference', () => {
  const page = source('docs/reference/config.md')
  const missing = Object.keys(plugins).filter((name) => !page.includes(`\`${name}(`))
  assert.deepEqual(missing, [])
})

test('the options of every built-in plugin and strategy stand in a table of their own', () => {
  const pages = PAGES.map(source).join('\n')
  const missing = namesWithOptions().filter((name) => {
    return !pages.includes(`<!-- plugin-options: ${name} -->`)
  })
  assert.deepEqual(missing, [])
})

/** The relative links of a page, as a path in the repository and a heading's anchor. */
function links(page: string): [file: string, anchor: string][] {
  const targets = Array.from(prose(source(page)).matchAll(/\]\(([^)]+)\)/g), ([, to = '']) => to)
  return targets
    .filter((to) => !/^https?:/.test(to))
    .map((to) => {
      const { pathname, hash } = new URL(to, new URL(page, ROOT))
      return [pathname.slice(ROOT.pathname.length), hash.slice(1)]
    })
}

function isThere(file: string, anchor: string): boolean {
  if (!existsSync(new URL(file, ROOT))) return false
  if (anchor === '') return true
  const headings = Array.from(source(file).matchAll(/^#+ (.+)$/gm), ([, heading = '']) => heading)
  return headings.some((heading) => anchorOf(heading) === anchor)
}

function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\w -]/g, '')
    .replaceAll(' ', '-')
}

function prose(page: string): string {
  return page.replace(/```[\s\S]*?```/g, '')
}
