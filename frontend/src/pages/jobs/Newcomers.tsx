import { many, whole } from '../../components/numbers'

/** Tells, while one has scrolled down, that there are new jobs at the top, and goes there. */
export function Newcomers({ count, many: more }: { count: number; many: boolean }) {
  if (count === 0) return null
  return (
    <button
      type="button"
      onClick={() => window.scrollTo({ top: 0 })}
      className="absolute top-full left-1/2 mt-10 -translate-x-1/2 rounded-full bg-indigo-600 px-3 py-1 text-xs font-medium text-white shadow-lg hover:bg-indigo-700"
    >
      ↑ {more ? `${whole(count)} or more new jobs` : many(count, 'new job')}
    </button>
  )
}
