import { ApiError } from '../../api/client'

/** inFields names the parts of a refusal as the form does: match.path is path, and what else says where. */
export async function inFields<T>(sent: Promise<T>, elsewhere: Readonly<Record<string, string>> = {}): Promise<T> {
  try {
    return await sent
  } catch (cause) {
    if (!(cause instanceof ApiError)) throw cause
    const fields = cause.fields.map((f) => ({ path: elsewhere[f.path] ?? f.path.replace(/^match\./, '').replace(/\..*$/, ''), message: f.message }))
    throw new ApiError(cause.status, cause.code, cause.message, { retryAfterMs: cause.retryAfterMs, fields })
  }
}
