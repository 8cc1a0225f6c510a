const WIDTH = 120
const HEIGHT = 28

/** A small bar chart without axes. */
export function Sparkline({ values, label }: { values: number[]; label: string }) {
  const max = Math.max(1, ...values)
  const step = WIDTH / Math.max(1, values.length)
  return (
    <svg
      role="img"
      aria-label={label}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      className="h-7 w-full max-w-40 text-emerald-500"
    >
      <title>{label}</title>
      <line x1="0" x2={WIDTH} y1={HEIGHT - 0.5} y2={HEIGHT - 0.5} className="stroke-stone-300 dark:stroke-stone-700" />
      {values.map((value, index) => {
        const height = (value / max) * (HEIGHT - 2)
        return (
          <rect
            key={index}
            x={index * step + 0.5}
            width={Math.max(0.5, step - 1)}
            y={HEIGHT - height}
            height={height}
            fill="currentColor"
          />
        )
      })}
    </svg>
  )
}
