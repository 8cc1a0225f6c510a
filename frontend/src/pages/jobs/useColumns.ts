import { useState } from 'react'
import { COLUMNS, USUAL, type Column } from './columns'

const KEY = 'columns'

/** The columns somebody has chosen, in their order; this browser remembers them. */
export function useColumns() {
  const [ids, setIds] = useState(remembered)
  const choose = (chosen: string[]) => {
    localStorage.setItem(KEY, chosen.join(' '))
    setIds(chosen)
  }
  return {
    columns: COLUMNS.filter(({ id }) => id === 'job' || ids.includes(id)),
    toggle: ({ id }: Column) => choose(ids.includes(id) ? ids.filter((each) => each !== id) : [...ids, id]),
    usual: () => choose(USUAL),
  }
}

const remembered = () => localStorage.getItem(KEY)?.split(' ') ?? USUAL
