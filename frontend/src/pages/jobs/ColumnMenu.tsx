import { Menu, MenuButton, MenuItem, MenuItemCheckbox, MenuProvider, MenuSeparator } from '@ariakit/react/menu'
import { buttonClass } from '../../components/Button'
import { COLUMNS, type Column } from './columns'

const ITEM = 'flex items-center gap-2 rounded-md px-2.5 py-1.5 data-active-item:bg-indigo-600 data-active-item:text-white'

/** Chooses the visible columns. */
export function ColumnMenu({ shown, onToggle, onReset }: { shown: Column[]; onToggle: (column: Column) => void; onReset: () => void }) {
  return (
    <MenuProvider values={{ columns: shown.map(({ id }) => id) }}>
      <MenuButton className={buttonClass()}>Columns</MenuButton>
      <Menu gutter={4} className="card z-40 max-h-[70vh] overflow-y-auto p-1 text-sm shadow-lg">
        {COLUMNS.filter(({ id }) => id !== 'job').map((column) => (
          <MenuItemCheckbox
            key={column.id}
            name="columns"
            value={column.id}
            hideOnClick={false}
            onClick={() => onToggle(column)}
            className={ITEM}
          >
            <span aria-hidden="true" className="w-4">{shown.includes(column) ? '✓' : ''}</span>
            {column.name}
          </MenuItemCheckbox>
        ))}
        <MenuSeparator className="my-1" />
        <MenuItem onClick={onReset} className={ITEM}>
          <span className="w-4" />
          Reset columns
        </MenuItem>
      </Menu>
    </MenuProvider>
  )
}
