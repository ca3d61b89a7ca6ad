import type { ReactElement } from 'react'
import type { Change } from './difference'

/** wordsOf is a name of a program in words: order id. */
export const wordsOf = (name: string): string => name.replaceAll('_', ' ')

/** Difference is a line for each thing that was changed, with what stood there before and after. */
export function Difference({ changes }: { changes: readonly Change[] }): ReactElement {
  return (
    <table className="difference">
      <caption className="sr-only">What was changed</caption>
      <thead>
        <tr>
          <td />
          <th scope="col">Before</th>
          <th scope="col">After</th>
        </tr>
      </thead>
      <tbody>
        {changes.map((c) => (
          <tr key={c.name}>
            <th scope="row">{wordsOf(c.name)}</th>
            <td>{c.before === null ? <span className="dim">–</span> : <del>{c.before}</del>}</td>
            <td>{c.after === null ? <span className="dim">–</span> : <ins>{c.after}</ins>}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
