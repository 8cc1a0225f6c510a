/** How much of something is in use, as a bar. */
export function Gauge({ used, of, label }: { used: number; of: number; label: string }) {
  const share = of > 0 ? Math.min(1, used / of) : 0
  return (
    <div
      role="meter"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={of}
      aria-valuenow={Math.min(used, of)}
      aria-valuetext={`${used} of ${of}`}
      title={`${used} of ${of}`}
      className="h-2 w-full overflow-hidden rounded-full bg-stone-200 dark:bg-stone-800"
    >
      <div
        className={`h-full rounded-full transition-[width] ${share >= 1 ? 'bg-amber-500' : 'bg-indigo-500'}`}
        style={{ width: `${share * 100}%` }}
      />
    </div>
  )
}
