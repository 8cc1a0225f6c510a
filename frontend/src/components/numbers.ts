/** An integer with separators: 12,431. */
export const formatNumber = (number: number) => number.toLocaleString('en')

/** A number with a noun that agrees with it: `1 job`, `12,431 jobs`. */
export const plural = (number: number, one: string, more = `${one}s`) => `${formatNumber(number)} ${number === 1 ? one : more}`

const STEPS = ['B', 'kB', 'MB', 'GB', 'TB']

/** A size in bytes with three digits: `512 B`, `1.05 MB`. */
export function formatBytes(number: number): string {
  let step = 0
  while (number >= 999.5 && step < STEPS.length - 1) {
    number /= 1000
    step++
  }
  return `${step === 0 ? number : number.toPrecision(3)} ${STEPS[step] ?? ''}`
}

/** A number in compact form: 999, 12.4k, 3.1M. */
export const compactNumber = (number: number) =>
  number.toLocaleString('en', { notation: 'compact', maximumSignificantDigits: 3 }).replace('K', 'k')
