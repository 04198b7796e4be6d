import { RequestView } from '../../core/http/request-view.ts'

/** A request as a router sees it; `headers` are names and values in turn. */
export function routed(
  method: string,
  host: string,
  target: string,
  headers: readonly string[] = [],
): RequestView {
  const path = target.split('?', 1)[0] ?? ''
  return new RequestView().show(method, host, path, target, [...headers])
}
