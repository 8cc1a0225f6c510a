import type { Point } from '../../api/client'

type Counted = 'enqueued' | 'completed' | 'failed' | 'dead' | 'cancelled'

/** The total over all points. */
export const total = (points: Point[], outcome: Counted) => points.reduce((total, point) => total + point[outcome], 0)

/** The rate per minute, whatever the step between points. */
export const perMinute = (points: Point[], step: number, outcome: Counted) => points.map((point) => (point[outcome] * 60) / step)
