/** A bar that shows how much of a total is in use. */
export function Gauge({ used, total, label }: { used: number; total: number; label: string }) {
  const fraction = total > 0 ? Math.min(1, used / total) : 0
  return (
    <div
      role="meter"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={total}
      aria-valuenow={Math.min(used, total)}
      aria-valuetext={`${used} of ${total}`}
      title={`${used} of ${total}`}
      className="h-2 w-full overflow-hidden rounded-full bg-stone-200 dark:bg-stone-800"
    >
      <div
        className={`h-full rounded-full transition-[width] ${fraction >= 1 ? 'bg-amber-500' : 'bg-indigo-500'}`}
        style={{ width: `${fraction * 100}%` }}
      />
    </div>
  )
}
