// What the audit's actions are called by people. What is not known here is shown as it came.

const words: Record<string, string> = {
  'access.refused': 'was refused, for want of a role',
  'account.deletion_planned': 'planned the deletion of their account',
  'account.kept': 'kept their account',
  'account.renamed': 'changed their name',
  'api_key.created': 'made an API key',
  'api_key.first_used': 'used an API key for the first time',
  'api_key.revoked': 'revoked an API key',
  'audit.exported': 'exported the audit',
  'email.change_asked': 'asked to change their address',
  'email.change_taken_back': 'kept their address',
  'email.changed': 'changed their address',
  'invitation.revoked': 'revoked an invitation',
  'invitation.sent': 'invited somebody',
  'invitation.sent_again': 'sent an invitation again',
  'member.added': 'added a member',
  'member.deleted': 'deleted their account',
  'member.joined': 'joined',
  'member.left': 'left',
  'member.removed': 'removed a member',
  'member.role_changed': 'changed a role',
  'ownership.transferred': 'handed the workspace over',
  'passkey.added': 'added a passkey',
  'passkey.removed': 'removed a passkey',
  'password.changed': 'changed their password',
  'password.reset': 'reset their password',
  'recovery_code.used': 'used a recovery code',
  'recovery_codes.made': 'made recovery codes',
  'second_factor.off': 'turned two-step sign-in off',
  'second_factor.on': 'turned two-step sign-in on',
  'second_factor.refused': 'failed the second step',
  'server_key.created': 'made a server key',
  'server_key.revoked': 'revoked a server key',
  'session.ended': 'ended a sign-in elsewhere',
  'sessions.ended': 'ended all other sign-ins',
  'sign_in.done': 'signed in',
  'sign_in.refused': 'failed to sign in',
  'sign_in_link.made': 'made a sign-in link',
  'sign_out.done': 'signed out',
  'site.archived': 'archived a site',
  'site.created': 'added a site',
  'site.deleted': 'deleted a site',
  'site.restored': 'brought a site back',
  'site.updated': 'changed a site’s settings',
  'workspace.created': 'made the workspace',
  'workspace.renamed': 'renamed the workspace',
}

/** actionText is what somebody did, after their name. */
export function actionText(action: string): string {
  return words[action] ?? action.replaceAll('_', ' ').replaceAll('.', ': ')
}

/** kinds are the groups of actions that a filter offers: the API's first words, and what they are about. */
export const kinds: readonly { value: string; label: string }[] = [
  { value: '', label: 'Everything' },
  { value: 'member', label: 'Members' },
  { value: 'invitation', label: 'Invitations' },
  { value: 'ownership', label: 'Ownership' },
  { value: 'workspace', label: 'The workspace' },
  { value: 'site', label: 'Sites' },
  { value: 'server_key', label: 'Server keys' },
  { value: 'api_key', label: 'API keys' },
  { value: 'sign_in', label: 'Sign-ins' },
  { value: 'access', label: 'Refusals' },
  { value: 'audit', label: 'Exports of the audit' },
]
