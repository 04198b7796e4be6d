#!/usr/bin/env node

// Checked before anything else is loaded: on an older node the imports themselves would fail.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major < 24 || (major === 24 && minor < 9)) {
  console.error(`sluice: needs Node.js 24.9 or newer, this is ${process.version}`)
  process.exitCode = 2
} else {
  const { run } = await import('./run.ts')
  // What a config or plugin left open must not keep a command that is done from ending.
  const code = await run(process.argv.slice(2))
  process.stdout.write('', () => process.stderr.write('', () => process.exit(code)))
}
