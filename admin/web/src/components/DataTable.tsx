// A table whose columns and rows come from TanStack Table's model. Sorting is asked from the
// API, not done here, so that a page of rows is a page of all rows in order.
import { createColumnHelper, tableFeatures, useTable } from '@tanstack/react-table'
import { useMemo, type ReactElement, type ReactNode } from 'react'

export interface Column<T> {
  id: string
  header: ReactNode
  cell: (row: T) => ReactNode
  /** least columns give way first where the screen is narrow. */
  least?: boolean
  sortable?: boolean
}

export interface Sort {
  column: string
  descending: boolean
}

interface DataTableProps<T> {
  caption: string
  columns: readonly Column<T>[]
  rows: readonly T[]
  className?: string
  sort?: Sort
  onSort?: (sort: Sort) => void
}

const features = tableFeatures({})

export function DataTable<T extends object>(props: DataTableProps<T>): ReactElement {
  const { caption, columns, rows, className = '', sort, onSort } = props
  const defs = useMemo(() => {
    const helper = createColumnHelper<typeof features, T>()
    return columns.map((c) => helper.display({ id: c.id, header: c.id, cell: ({ row }) => c.cell(row.original) }))
  }, [columns])
  const table = useTable({ features, columns: defs, data: rows as T[] })
  return (
    <table className={className}>
      <caption className="sr-only">{caption}</caption>
      <thead>
        <tr>
          {columns.map((c) => (
            <th key={c.id} scope="col" className={c.least ? 'least' : undefined} aria-sort={ariaSort(c, sort)}>
              <HeaderCell column={c} sort={sort} onSort={onSort} />
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {table.getRowModel().rows.map((row) => (
          <tr key={row.id}>
            {row.getAllCells().map((cell, i) => {
              const content = <table.FlexRender cell={cell} />
              if (i === 0) return <th key={cell.id} scope="row">{content}</th>
              return <td key={cell.id} className={columns[i]?.least ? 'least' : undefined}>{content}</td>
            })}
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function ariaSort<T>(column: Column<T>, sort: Sort | undefined): 'ascending' | 'descending' | undefined {
  if (sort?.column !== column.id) return undefined
  return sort.descending ? 'descending' : 'ascending'
}

interface HeaderCellProps<T> {
  column: Column<T>
  sort: Sort | undefined
  onSort: ((sort: Sort) => void) | undefined
}

function HeaderCell<T>({ column, sort, onSort }: HeaderCellProps<T>): ReactElement {
  if (!column.sortable || !onSort) return <>{column.header}</>
  const active = sort?.column === column.id
  return (
    <button
      type="button"
      className={active ? 'sort on' : 'sort'}
      onClick={() => onSort({ column: column.id, descending: active ? !sort.descending : true })}
    >
      {column.header}
      <span aria-hidden="true">{active ? (sort.descending ? ' ↓' : ' ↑') : ''}</span>
    </button>
  )
}
