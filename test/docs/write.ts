import { writeFileSync } from 'node:fs'
import { PAGES, rendered } from './pages.ts'
import { ROOT, source } from './source.ts'

// node -C sluice-source test/docs/write.ts: brings every page up to date with the code.
for (const page of PAGES) writeFileSync(new URL(page, ROOT), `${rendered(source(page))}\n`)
