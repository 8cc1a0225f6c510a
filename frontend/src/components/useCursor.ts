import { useState } from 'react'

/** Which item of a list the keys are for. Where it has left the list, whoever took its place. */
export function useCursor<Item>(items: readonly Item[], idOf: (item: Item) => string) {
  const [cursor, setCursor] = useState<{ id: string; index: number }>()
  const found = cursor ? indexNear(items, idOf, cursor) : -1
  const index = cursor && found < 0 ? Math.min(cursor.index, items.length - 1) : found
  const item = items[index]
  return {
    item,
    index,
    /** To the item so many further on; `from`: where to begin where there is no cursor yet. The index it is at then. */
    move: (step: number, from = 0): number | undefined => {
      const next = index < 0 ? from : Math.max(0, Math.min(items.length - 1, index + step))
      const target = items[next]
      if (!target) return undefined
      setCursor({ id: idOf(target), index: next })
      return next
    },
  }
}

/** Items move a little, so the search begins where it was. */
function indexNear<Item>(items: readonly Item[], idOf: (item: Item) => string, { id, index }: { id: string; index: number }): number {
  const is = (item: Item | undefined) => item !== undefined && idOf(item) === id
  return is(items[index]) ? index : items.findIndex(is)
}
