import { useQueryClient } from '@tanstack/react-query'

/** useEntered is what follows a sign-in: what was known of somebody else is dropped, and who is signed in is asked. */
export function useEntered(): () => Promise<void> {
  const client = useQueryClient()
  return async () => {
    client.removeQueries({ predicate: (q) => q.queryKey[0] !== 'me' })
    await client.refetchQueries({ queryKey: ['me'] })
  }
}
