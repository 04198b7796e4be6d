// Not d3's own prefixes: it would give a small number that of its neighbours, as 0k.
/** Axis labels such as 3k. */
export const SHORT = {
  labelExpr:
    "datum.value >= 1e6 ? format(datum.value / 1e6, '~g') + 'M' : datum.value >= 1000 ? format(datum.value / 1000, '~g') + 'k' : format(datum.value, '~g')",
}

/** The axis of time, from 0. */
export function time(seconds: number): object {
  return {
    field: 'from',
    type: 'quantitative',
    scale: { domain: [0, seconds], nice: false },
    axis: { title: 'seconds', tickCount: 6, grid: false },
  }
}

/** What surrounds every picture: no color of its own but its marks', so that it fits any page. */
export function frame(width: number, height: number): object {
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    width,
    height,
    autosize: { type: 'fit-x', contains: 'padding' },
    padding: 2,
    background: null,
    config: {
      // A label for each mark would be most of the file; the figure has one.
      aria: false,
      font: 'system-ui, sans-serif',
      view: { stroke: null },
      axis: {
        labelColor: 'currentColor',
        titleColor: 'currentColor',
        domainColor: 'currentColor',
        tickColor: 'currentColor',
        gridColor: 'currentColor',
        gridOpacity: 0.15,
        domainOpacity: 0.4,
        tickOpacity: 0.4,
        labelFontSize: 11,
        titleFontSize: 11,
        titleFontWeight: 'normal',
        labelLimit: 120,
      },
    },
  }
}
