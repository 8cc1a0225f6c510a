/** The colours of the charts; those of job states match StateBadge. */
const LIGHT = {
  green: '#10b981',
  red: '#dc2626',
  amber: '#f59e0b',
  indigo: '#6366f1',
  sky: '#38bdf8',
  violet: '#a855f7',
  text: '#57534e',
  grid: '#e7e5e4',
}

export const COLOURS = { light: LIGHT, dark: { ...LIGHT, red: '#ef4444', text: '#a8a29e', grid: '#292524' } }

export type Colour = Exclude<keyof typeof LIGHT, 'text' | 'grid'>
