import { ConfigError } from '../../config/config-error.ts'

/** Draws what a specification of Vega-Lite describes, as SVG. */
export type Draw = (spec: object) => Promise<string>

const MISSING =
  'the report is drawn by vega and vega-lite, which are not installed: npm install vega@6 vega-lite@6, or pass --no-report'

/**
 * Loads what draws, which only reports need.
 *
 * @throws ConfigError when it is not installed
 */
export async function drawing(): Promise<Draw> {
  const loading = Promise.all([import('vega'), import('vega-lite')])
  const [vega, lite] = await loading.catch((error: unknown) => {
    throw new ConfigError([MISSING], { cause: error })
  })
  return async (spec) => {
    const { spec: compiled } = lite.compile(spec as Parameters<typeof lite.compile>[0])
    const view = new vega.View(vega.parse(compiled), { renderer: 'none' })
    const svg = await view.toSVG()
    view.finalize()
    return svg
  }
}
