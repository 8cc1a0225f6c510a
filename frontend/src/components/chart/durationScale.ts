import type uPlot from 'uplot'

/** The ticks of a duration axis in seconds, about a factor of ten apart. */
const TICKS: [number, string][] = [
  [0.001, '1ms'],
  [0.01, '10ms'],
  [0.1, '100ms'],
  [1, '1s'],
  [10, '10s'],
  [60, '1m'],
  [600, '10m'],
  [3600, '1h'],
  [36_000, '10h'],
  [345_600, '4d'],
  [3_456_000, '40d'],
]
const LENGTHS = TICKS.map(([length]) => length)
const SHORTEST = 0.001
const LONGEST = 3_456_000

// eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment -- a const enum that is not there at run time
const LOGARITHMIC: uPlot.Scale.Distr = 3

export const DURATION_SCALE: uPlot.Scale = { distr: LOGARITHMIC, range: (_, low, high) => tickRange(low, high) }

export const DURATION_AXIS: Pick<uPlot.Axis, 'splits' | 'values' | 'filter'> = {
  splits: (_, __, low, high) => LENGTHS.filter((length) => length >= low && length <= high),
  values: (_, lengths) => lengths.map((length) => TICKS.find(([tick]) => tick === length)?.[1] ?? ''),
  filter: (_, lengths) => lengths,
}

/** From the last tick below the shown values to the first tick above them. */
export function tickRange(low: number | null, high: number | null): [number, number] {
  const from = LENGTHS.findLast((length) => length <= (low ?? SHORTEST)) ?? SHORTEST
  const to = LENGTHS.find((length) => length > from && length >= (high ?? 1)) ?? LONGEST
  return [from, to]
}
