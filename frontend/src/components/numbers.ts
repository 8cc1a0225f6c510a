/** A whole number as people read it: 12,431. */
export const whole = (number: number) => number.toLocaleString('en')

/** A number with a unit that it agrees with: `1 job`, `12,431 jobs`. */
export const many = (number: number, one: string, more = `${one}s`) => `${whole(number)} ${number === 1 ? one : more}`

const STEPS = ['B', 'kB', 'MB', 'GB', 'TB']

/** A size in bytes with three digits: `512 B`, `1.05 MB`. */
export function bytes(number: number): string {
  let step = 0
  while (number >= 999.5 && step < STEPS.length - 1) {
    number /= 1000
    step++
  }
  return `${step === 0 ? number : number.toPrecision(3)} ${STEPS[step] ?? ''}`
}

/** A number that has to fit into a corner: 999, 12.4k, 3.1M. */
export const short = (number: number) =>
  number.toLocaleString('en', { notation: 'compact', maximumSignificantDigits: 3 }).replace('K', 'k')
