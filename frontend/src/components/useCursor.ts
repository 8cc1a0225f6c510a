import { useState } from 'react'

/** The item of a list that keyboard shortcuts act on. If it leaves the list, the item in its place is next. */
export function useCursor<Item>(items: readonly Item[], idOf: (item: Item) => string) {
  const [cursor, setCursor] = useState<{ id: string; index: number }>()
  const found = cursor ? indexNear(items, idOf, cursor) : -1
  const index = cursor && found < 0 ? Math.min(cursor.index, items.length - 1) : found
  const item = items[index]
  return {
    item,
    index,
    /** Moves the cursor by `step` items, or to index `from` if there is no cursor yet. Returns the new index. */
    move: (step: number, from = 0): number | undefined => {
      const next = index < 0 ? from : Math.max(0, Math.min(items.length - 1, index + step))
      const target = items[next]
      if (!target) return undefined
      setCursor({ id: idOf(target), index: next })
      return next
    },
  }
}

/** Items rarely move far, so the old index is tried first. */
function indexNear<Item>(items: readonly Item[], idOf: (item: Item) => string, { id, index }: { id: string; index: number }): number {
  const is = (item: Item | undefined) => item !== undefined && idOf(item) === id
  return is(items[index]) ? index : items.findIndex(is)
}
