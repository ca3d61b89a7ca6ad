package admin

import "net/http"

// accountRoutes lists what people do with their own login.
func (s *Service) accountRoutes() []route {
	return []route{
		{beforeSignIn, http.MethodPost, "/api/v1/account/sign-up", "sign-up", "Begin an account; the address gets mail, whether it has one or not", 202, handle(s, s.signUp)},
		{beforeSignIn, http.MethodPost, "/api/v1/account/verify-email", "verify-email", "Prove the address of a new account, and sign in", 200, handle(s, s.verifyEmail)},
		{beforeSignIn, http.MethodPost, "/api/v1/account/sign-in", "sign-in", "Sign in with a password; may ask for a second factor", 200, handle(s, s.signInByPassword)},
		{beforeSignIn, http.MethodPost, "/api/v1/account/sign-in/second-factor", "sign-in-second-factor", "End a sign-in that asked for a second factor", 200, handle(s, s.signInBySecondFactor)},
		{beforeSignIn, http.MethodPost, "/api/v1/account/sign-in/passkey/begin", "begin-passkey-sign-in", "Begin a sign-in with a passkey", 200, handle(s, s.beginPasskeySignIn)},
		{beforeSignIn, http.MethodPost, "/api/v1/account/sign-in/passkey", "passkey-sign-in", "Sign in with a passkey", 200, handle(s, s.signInByPasskey)},
		{beforeSignIn, http.MethodPost, "/api/v1/account/forgot-password", "forgot-password", "Ask for mail with a link to a new password", 202, handle(s, s.forgotPassword)},
		{beforeSignIn, http.MethodPost, "/api/v1/account/reset-password", "reset-password", "Choose a new password by a mailed link; all sign-ins end", 204, handle(s, s.resetPassword)},

		{ownLogin, http.MethodGet, "/api/v1/account", "account", "What is known of one's own login", 200, handle(s, s.account)},
		{ownLogin, http.MethodPatch, "/api/v1/account", "rename-account", "Change one's name", 204, handle(s, s.renameAccount)},
		{ownLogin, http.MethodPost, "/api/v1/account/password", "change-password", "Change the password; all other sign-ins end", 204, handle(s, s.changePassword)},
		{ownLogin, http.MethodPost, "/api/v1/account/email", "change-email", "Begin a change of address; it takes effect when the new one is confirmed", 202, handle(s, s.changeEmail)},
		{ownLogin, http.MethodPost, "/api/v1/account/email/confirm", "confirm-email", "Confirm the new address by its link", 204, handle(s, s.confirmEmail)},
		{ownLogin, http.MethodDelete, "/api/v1/account/email", "keep-email", "Take a change of address back that was not confirmed", 204, handle(s, s.keepEmail)},
		{ownLogin, http.MethodGet, "/api/v1/account/sessions", "list-sessions", "Where one is signed in", 200, handle(s, s.listSessions)},
		{ownLogin, http.MethodPost, "/api/v1/account/sessions/{session_id}/end", "end-session", "End one sign-in; takes the password, or a sign-in of the last quarter of an hour", 204, handle(s, s.endSession)},
		{ownLogin, http.MethodPost, "/api/v1/account/sessions/end-others", "end-other-sessions", "End all sign-ins but this one; takes the password, or a sign-in of the last quarter of an hour", 200, handle(s, s.endOtherSessions)},
		{ownLogin, http.MethodPost, "/api/v1/account/totp", "begin-totp", "Get the secret for an authenticator app", 200, handle(s, s.beginTOTP)},
		{ownLogin, http.MethodPost, "/api/v1/account/totp/confirm", "confirm-totp", "Turn two-step sign-in on with the app's first code; recovery codes are shown once", 200, handle(s, s.confirmTOTP)},
		{ownLogin, http.MethodPost, "/api/v1/account/totp/remove", "remove-totp", "Turn two-step sign-in off", 204, handle(s, s.removeTOTP)},
		{ownLogin, http.MethodPost, "/api/v1/account/recovery-codes", "new-recovery-codes", "Replace the recovery codes; they are shown once", 200, handle(s, s.newRecoveryCodes)},
		{ownLogin, http.MethodGet, "/api/v1/account/passkeys", "list-passkeys", "One's passkeys", 200, handle(s, s.listPasskeys)},
		{ownLogin, http.MethodPost, "/api/v1/account/passkeys/begin", "begin-passkey", "Begin to add a passkey", 200, handle(s, s.beginPasskey)},
		{ownLogin, http.MethodPost, "/api/v1/account/passkeys", "add-passkey", "Add a passkey", 204, handle(s, s.addPasskey)},
		{ownLogin, http.MethodPost, "/api/v1/account/passkeys/{passkey_id}/remove", "remove-passkey", "Remove a passkey; takes the password, or a sign-in of the last quarter of an hour", 204, handle(s, s.removePasskey)},
		{ownLogin, http.MethodPost, "/api/v1/account/delete", "delete-account", "Plan the deletion of one's account; it can be taken back for seven days", 202, handle(s, s.deleteAccount)},
		{ownLogin, http.MethodPost, "/api/v1/account/keep", "keep-account", "Take a planned deletion back", 204, handle(s, s.keepAccount)},
	}
}
