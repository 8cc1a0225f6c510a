import { plural, formatNumber } from '../../components/numbers'

/** Shown after scrolling down if there are new jobs at the top; scrolls to them. */
export function NewJobsButton({ count, many: more }: { count: number; many: boolean }) {
  if (count === 0) return null
  return (
    <button
      type="button"
      onClick={() => window.scrollTo({ top: 0 })}
      className="absolute top-full left-1/2 mt-10 -translate-x-1/2 rounded-full bg-indigo-600 px-3 py-1 text-xs font-medium text-white shadow-lg hover:bg-indigo-700"
    >
      ↑ {more ? `${formatNumber(count)} or more new jobs` : plural(count, 'new job')}
    </button>
  )
}
