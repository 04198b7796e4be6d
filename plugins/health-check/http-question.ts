import type { EndpointTarget } from '#core'
import { matcher } from './matcher.ts'
import { type HealthOptions, statusRange } from './options.ts'
import { unwell } from './probe.ts'
import type { Question } from './request-probe.ts'

const AGENT = 'sluice-health-check'

/** Asks for a page, whose status and body must be right. */
export function httpQuestion(options: HealthOptions, target: EndpointTarget): Question {
  const { path, method, host, headers, body } = options
  const isExpected = statuses(options.status)
  const wanted = matcher(body)
  return {
    request: {
      method,
      target: path,
      headers: lines(host || new URL(target.url).host, headers),
      body: null,
      upgrade: undefined,
      prompt: false,
    },
    readsBody: wanted !== undefined,
    judge(answer) {
      if (!isExpected(answer.status)) return unwell(`status ${answer.status}`)
      if (wanted === undefined || wanted.test(answer.body)) return undefined
      return unwell(`a body without ${wanted.shown}`)
    },
  }
}

function lines(host: string, headers: Readonly<Record<string, string>>): string[] {
  const names = Object.keys(headers).map((name) => name.toLowerCase())
  const agent = names.includes('user-agent') ? [] : ['user-agent', AGENT]
  return ['host', host, ...agent, ...Object.entries(headers).flat()]
}

function statuses(written: HealthOptions['status']): (status: number) => boolean {
  const ranges = written.map(statusRange).filter((range) => range !== undefined)
  return (status) => ranges.some(([from, to]) => status >= from && status <= to)
}
