import { useState } from 'react'
import { COLUMNS, DEFAULT_COLUMNS, type Column } from './columns'

const KEY = 'columns'

/** The visible columns, stored in this browser. */
export function useColumns() {
  const [ids, setIds] = useState(storedColumns)
  const choose = (chosen: string[]) => {
    localStorage.setItem(KEY, chosen.join(' '))
    setIds(chosen)
  }
  return {
    columns: COLUMNS.filter(({ id }) => id === 'job' || ids.includes(id)),
    toggle: ({ id }: Column) => choose(ids.includes(id) ? ids.filter((each) => each !== id) : [...ids, id]),
    reset: () => choose(DEFAULT_COLUMNS),
  }
}

const storedColumns = () => localStorage.getItem(KEY)?.split(' ') ?? DEFAULT_COLUMNS
