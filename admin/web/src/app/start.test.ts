import { describe, expect, test } from 'vitest'
import { onceKeys } from '../api/once'
import type { Me } from '../api/types'
import { may, permissions, roleSummary, roles } from '../roles/roles'
import { placeIn, startPlace } from './start'

const site = (id: string, workspaceId: string) => ({ id, workspaceId, name: id, hostname: 'x.example', publicKey: `nst_${id}`, timeZone: 'UTC', currency: 'EUR', snippet: '' })
const me: Me = {
  account: { name: 'M', email: 'm@x.example', deleteAfter: null },
  workspaces: [{ id: '1', name: 'One', role: 'owner' }, { id: '2', name: 'Two', role: 'billing' }, { id: '3', name: 'Three', role: 'analyst' }],
  sites: [site('a', '1'), site('b', '1'), site('c', '3')],
}
const at = (workspace: string | null, last: string | null) => {
  const place = startPlace(me, { workspace, site: last })
  return [place.workspace?.id, place.site?.id]
}

describe('where one begins', () => {
  test('is the last workspace with its last site', () => {
    expect(at(null, null)).toEqual(['1', 'a'])
    expect(at(null, 'nst_c')).toEqual(['3', 'c'])
    expect(at('1', 'nst_b')).toEqual(['1', 'b'])
    expect(at('1', 'nst_c')).toEqual(['1', 'a'])
    expect(at('2', 'nst_c')).toEqual(['2', undefined])
    expect(at('gone', 'nst_gone')).toEqual(['1', 'a'])
  })
  test('is nowhere without a workspace', () => {
    expect(startPlace({ ...me, workspaces: [], sites: [] }, { workspace: null, site: null })).toEqual({ workspace: undefined, site: undefined })
    expect(placeIn(me, undefined, null).site).toBeUndefined()
  })
})

test('roles are those of the table', () => {
  expect([may('analyst', 'read_reports'), may('analyst', 'manage_members'), may('owner', 'transfer_ownership'), may('admin', 'transfer_ownership'), may('owner', 'no_such')]).toEqual([true, false, true, false, false])
  expect([...new Set(permissions.flatMap((p) => p.roles))].sort()).toEqual([...roles].sort())
  expect(roles.every((r) => roleSummary(r) !== '')).toBe(true)
})

test('a repetition has the key of the first, anything else another', () => {
  let n = 0
  const key = onceKeys(() => String(++n))
  expect([key('a'), key('a'), key('b'), key('a')]).toEqual(['1', '1', '2', '3'])
})
