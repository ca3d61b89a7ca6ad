import { describe, expect, test } from 'vitest'
import { ApiError } from '../api/client'
import { place, waitText } from './problems'

const invalid = (...fields: [string, string][]) => new ApiError(422, 'invalid_request', 'All of it.', { fields: fields.map(([path, message]) => ({ path, message })) })

describe('a refusal is shown', () => {
  const names = ['name', 'email', 'hostnames']
  test('beside its fields, the first sentence of each', () => {
    expect(place(invalid(['email', 'No.'], ['email', 'Second.'], ['hostnames[0]', 'Bad host.']), names)).toEqual({ fields: { email: 'No.', hostnames: 'Bad host.' }, rest: null })
  })
  test('below, where the form has no such field', () => {
    expect(place(invalid(['email', 'No.'], ['workspace_id', 'Which?']), names)).toEqual({ fields: { email: 'No.' }, rest: 'Which?' })
  })
  test('at home, by its code', () => {
    const wrong = new ApiError(401, 'wrong_credentials', 'Wrong.')
    expect(place(wrong, ['email', 'password'], { wrong_credentials: 'password' })).toEqual({ fields: { password: 'Wrong.' }, rest: null })
    expect(place(wrong, ['email'], { wrong_credentials: 'password' })).toEqual({ fields: {}, rest: 'Wrong.' })
  })
  test('as a sentence otherwise', () => {
    expect(place(new ApiError(429, 'too_many_attempts', 'Too many; wait.'), names).rest).toBe('Too many attempts.')
    expect(place(new ApiError(0, 'unreachable', 'x'), names).rest).toBe('Noctra cannot be reached. Check your connection and try again.')
    expect(place(new Error('Cancelled.'), names).rest).toBe('Cancelled.')
    expect(place(null, names)).toEqual({ fields: {}, rest: null })
  })
})

test.each([
  [1, '1 second'], [1000, '1 second'], [1001, '2 seconds'], [99_000, '99 seconds'], [100_000, '2 minutes'], [899_999, '15 minutes'], [86_400_000, '24 hours'],
])('%d ms are written as %s', (ms, text) => expect(waitText(ms)).toBe(text))
