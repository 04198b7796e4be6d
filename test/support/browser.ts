import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { within } from './deadline.ts'

const PROGRAM = 'chromium'
const START_MS = 30_000
const ANSWER_MS = 20_000

/** Why no browser can be asked; undefined where one can. In CI there must be one. */
export function withoutBrowser(): string | undefined {
  try {
    execFileSync(PROGRAM, ['--version'], { stdio: 'ignore' })
    return undefined
  } catch {
    if (process.env.CI) throw new Error(`${PROGRAM} is not installed`)
    return `${PROGRAM} is not installed`
  }
}

/** What a page is shown as. */
export interface Look {
  readonly width: number
  readonly scheme: 'light' | 'dark'
}

/** A page in a headless browser. */
export interface Page {
  show(url: string, look: Look): Promise<void>
  /** What an expression gives, as JSON. */
  read<T>(expression: string): Promise<T>
  /** What was written to the console, thrown, or asked of a network. */
  readonly trouble: readonly string[]
}

interface Told {
  readonly id?: number
  readonly method?: string
  readonly params?: { readonly [key: string]: unknown }
  readonly result?: { readonly [key: string]: unknown }
  readonly error?: { readonly message: string }
}

/** Opens a browser for one test, driven by its own protocol over a socket on loopback. */
export async function openBrowser(t: TestContext): Promise<Page> {
  const profile = mkdtempSync(join(tmpdir(), 'sluice-browser-'))
  const flags = [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--no-first-run',
    '--disable-dev-shm-usage',
  ]
  const child = spawn(
    PROGRAM,
    [...flags, '--remote-debugging-port=0', `--user-data-dir=${profile}`],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  )
  const ended = new Promise((resolve) => child.on('close', resolve))
  t.after(async () => {
    child.kill('SIGKILL')
    await ended
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 })
  })
  let said = ''
  const found = new Promise<string>((resolve) => {
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text
      const [, url] = /DevTools listening on (ws:\S+)/.exec(said) ?? []
      if (url !== undefined) resolve(url)
    })
  })
  const socket = new WebSocket(await within(found, 'a browser', START_MS))
  await within(
    new Promise((resolve) => socket.addEventListener('open', resolve)),
    'a socket',
    START_MS,
  )
  return pageOn(socket)
}

async function pageOn(socket: WebSocket): Promise<Page> {
  const trouble: string[] = []
  const waiting = new Map<number, (told: Told) => void>()
  let loaded = (): void => {}
  let count = 0
  let sessionId: unknown
  socket.addEventListener('message', ({ data }) => {
    const told = JSON.parse(String(data)) as Told
    if (told.id !== undefined) waiting.get(told.id)?.(told)
    if (told.method === 'Page.loadEventFired') loaded()
    const line = troubleOf(told)
    if (line !== undefined) trouble.push(line)
  })
  const ask = async (method: string, params: object = {}) => {
    const id = ++count
    const answer = new Promise<Told>((resolve) => waiting.set(id, resolve))
    socket.send(
      JSON.stringify({ id, method, params, ...(sessionId === undefined ? {} : { sessionId }) }),
    )
    const { result, error } = await within(answer, method, ANSWER_MS)
    if (error !== undefined) throw new Error(`${method}: ${error.message}`)
    return result as { readonly [key: string]: unknown }
  }
  const { targetId } = await ask('Target.createTarget', { url: 'about:blank' })
  const attached = await ask('Target.attachToTarget', { targetId, flatten: true })
  sessionId = attached.sessionId
  for (const domain of ['Page', 'Runtime', 'Log', 'Network']) await ask(`${domain}.enable`)
  return {
    trouble,
    async show(url, { width, scheme }) {
      await ask('Emulation.setDeviceMetricsOverride', {
        width,
        height: 900,
        deviceScaleFactor: 1,
        mobile: false,
      })
      const features = [{ name: 'prefers-color-scheme', value: scheme }]
      await ask('Emulation.setEmulatedMedia', { features })
      const load = new Promise<void>((resolve) => {
        loaded = resolve
      })
      await ask('Page.navigate', { url })
      await within(load, `the load of ${url}`, ANSWER_MS)
    },
    async read<T>(expression: string) {
      const { result, exceptionDetails } = await ask('Runtime.evaluate', {
        expression,
        returnByValue: true,
      })
      if (exceptionDetails !== undefined) throw new Error(JSON.stringify(exceptionDetails))
      return (result as { readonly value: T }).value
    },
  }
}

function troubleOf({ method, params }: Told): string | undefined {
  if (method === 'Runtime.consoleAPICalled' || method === 'Runtime.exceptionThrown') {
    return JSON.stringify(params)
  }
  if (method === 'Log.entryAdded') return JSON.stringify(params)
  const { request } = (params ?? {}) as { readonly request?: { readonly url: string } }
  const isAsked =
    method === 'Network.requestWillBeSent' && !/^(file|data|about):/.test(request?.url ?? '')
  return isAsked ? `asked for ${request?.url}` : undefined
}
