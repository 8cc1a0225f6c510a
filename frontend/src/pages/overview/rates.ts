import type { Point } from '../../api/client'

type Counted = 'enqueued' | 'completed' | 'failed' | 'dead' | 'cancelled'

/** Over all points. */
export const sum = (points: Point[], what: Counted) => points.reduce((total, point) => total + point[what], 0)

/** Per minute, whatever time a point stands for. */
export const rate = (points: Point[], step: number, what: Counted) => points.map((point) => (point[what] * 60) / step)
