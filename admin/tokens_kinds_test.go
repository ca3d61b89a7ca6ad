package admin

import (
	"fmt"
	"os"
	"testing"

	"noctra/admin/internal/token"
)

// tokenKinds are the kinds of secrets that the admin service takes.
func tokenKinds() []tokenKind {
	const expireSoon = ` SET expires_at = greatest(created_at, now() - interval '2 hours') + interval '1 millisecond' WHERE token_hash = $1`
	link := func(purpose string, account bool) func(t *tokens) string {
		return func(t *tokens) string {
			if !account {
				return t.row(`INSERT INTO sign_in_links (token_hash, purpose, created_at, expires_at) VALUES ($1, $2, now() - interval '1 hour', now() + interval '1 hour')`, purpose)
			}
			return t.row(`INSERT INTO sign_in_links (token_hash, account_id, purpose, created_at, expires_at) VALUES ($1, $2, $3, now() - interval '1 hour', now() + interval '1 hour')`, t.account, purpose)
		}
	}
	mailed := func(purpose string) func(t *tokens) string {
		return func(t *tokens) string {
			return t.row(`INSERT INTO mailed_links (token_hash, account_id, purpose, email, created_at, expires_at) VALUES ($1, $2, $3, $4, now() - interval '1 hour', now() + interval '1 hour')`,
				t.account, purpose, map[bool]string{true: "mara@acme.example", false: "m" + token.NewSite() + "@acme.example"}[purpose == "reset_password"])
		}
	}
	ceremony := `UPDATE ceremonies SET expires_at = now() - interval '1 second' WHERE token_hash = $1`
	return []tokenKind{
		{
			name: "sessions", expire: `UPDATE sessions SET expires_at = created_at + interval '1 second' WHERE token_hash = $1`,
			fresh: func(t *tokens) string {
				return t.row(`INSERT INTO sessions (token_hash, account_id, created_at, last_seen_at, expires_at) VALUES ($1, $2, now() - interval '1 hour', now(), now() + interval '1 hour')`, t.account)
			},
			use: func(t *tokens, s string) reply {
				return t.ask(t.other, "GET", t.path, "", "Cookie", t.cookieName()+"="+s)
			},
			foreign: func(t *tokens, s string) reply {
				t.sql(`UPDATE sessions SET account_id = $2 WHERE token_hash = $1`, token.Hash(s), t.foreign)
				return t.ask(t.other, "GET", t.path, "", "Cookie", t.cookieName()+"="+s)
			},
		},
		{
			name: "sign_in_links sign_in", expire: `UPDATE sign_in_links` + expireSoon, fresh: link(purposeSignIn, true),
			use: func(t *tokens, s string) reply { return t.ask(t.browser(), "GET", "/sign-in?token="+s, "") },
		},
		{
			name: "sign_in_links set_up", expire: `UPDATE sign_in_links` + expireSoon, fresh: link(purposeSetUp, false),
			use: func(t *tokens, s string) reply {
				a := t.ask(t.other, "GET", "/set-up?token="+s, "")
				t.sql(`UPDATE sign_in_links SET used_at = now() WHERE token_hash = $1 AND used_at IS NULL`, token.Hash(s)) // looking does not use it up
				return a
			},
		},
		{
			name: "sign_ups", expire: `UPDATE sign_ups` + expireSoon,
			fresh: func(t *tokens) string {
				return t.row(`INSERT INTO sign_ups (token_hash, email, name, password_hash, created_at, expires_at) SELECT $1, $2, 'New', password_hash, now() - interval '1 hour', now() + interval '1 hour' FROM accounts WHERE id = $3`,
					"n"+token.NewSite()+"@acme.example", t.account)
			},
			use: func(t *tokens, s string) reply {
				return t.post(t.browser(), "/account/verify-email", "token", s, "password", goodPassword)
			},
			foreign: func(t *tokens, s string) reply {
				return t.post(t.browser(), "/account/verify-email", "token", s, "password", "what somebody else would try")
			},
		},
		{
			name: "mailed_links reset_password", expire: `UPDATE mailed_links` + expireSoon, fresh: mailed("reset_password"),
			use: func(t *tokens, s string) reply {
				return t.post(t.browser(), "/account/reset-password", "token", s, "password", goodPassword)
			},
		},
		{
			name: "mailed_links change_email", expire: `UPDATE mailed_links` + expireSoon, fresh: mailed("change_email"),
			use:     func(t *tokens, s string) reply { return t.post(t.again(), "/account/email/confirm", "token", s) },
			foreign: func(t *tokens, s string) reply { return t.post(t.jon, "/account/email/confirm", "token", s) },
		},
		{
			name: "ceremonies second_factor", expire: ceremony,
			fresh: func(t *tokens) string {
				return t.row(`INSERT INTO ceremonies (token_hash, kind, account_id, expires_at) VALUES ($1, 'second_factor', $2, now() + interval '10 minutes')`, t.account)
			},
			use:     func(t *tokens, s string) reply { return t.enter(s, &t.codes) },
			foreign: func(t *tokens, s string) reply { return t.enter(s, &t.foreignCodes) },
		},
		{
			name: "ceremonies passkey_registration", expire: ceremony,
			fresh: func(t *tokens) string {
				var b begun
				t.device = newAuthenticator(t.handle)
				decode(t.t, t.post(t.again(), "/account/passkeys/begin", "password", goodPassword), 200, &b)
				t.answer = t.device.create(t.t.(*testing.T), b)
				return b.Ceremony
			},
			use:     func(t *tokens, s string) reply { return t.addPasskey(t.again(), s) },
			foreign: func(t *tokens, s string) reply { return t.addPasskey(t.jon, s) },
		},
		{
			name: "ceremonies passkey_sign_in", expire: ceremony,
			fresh: func(t *tokens) string {
				var b begun
				decode(t.t, t.post(t.browser(), "/account/sign-in/passkey/begin"), 200, &b)
				t.answer = t.registered.get(t.t.(*testing.T), b)
				return b.Ceremony
			},
			use: func(t *tokens, s string) reply {
				return t.ask(t.browser(), "POST", "/api/v1/account/sign-in/passkey", fmt.Sprintf(`{"ceremony": %q, "credential": %s}`, s, t.answer))
			},
		},
		{
			name:  "recovery_codes",
			fresh: func(t *tokens) string { return t.codes[0] },
			use: func(t *tokens, code string) reply {
				ceremony := t.row(`INSERT INTO ceremonies (token_hash, kind, account_id, expires_at) VALUES ($1, 'second_factor', $2, now() + interval '10 minutes')`, t.account)
				a := t.post(t.browser(), "/account/sign-in/second-factor", "ceremony", ceremony, "recovery_code", code)
				if a.status == 200 {
					t.codes = t.codes[1:]
				}
				return a
			},
			foreign: func(t *tokens, _ string) reply {
				ceremony := t.row(`INSERT INTO ceremonies (token_hash, kind, account_id, expires_at) VALUES ($1, 'second_factor', $2, now() + interval '10 minutes')`, t.account)
				return t.enter(ceremony, &t.foreignCodes)
			},
		},
		{
			name: "invitations", expire: `UPDATE invitations SET expires_at = sent_at + interval '1 millisecond' WHERE token_hash = $1`,
			fresh: func(t *tokens) string {
				t.sql(`DELETE FROM members WHERE workspace_id = $1 AND account_id = $2`, t.workspace, t.foreign)
				t.sql(`DELETE FROM invitations WHERE workspace_id = $1`, t.workspace)
				return t.row(`INSERT INTO invitations (token_hash, workspace_id, email, role, created_at, sent_at, expires_at) VALUES ($1, $2, 'jon@other.example', 'analyst', now() - interval '1 hour', now() - interval '1 hour', now() + interval '1 day')`, t.workspace)
			},
			use:     func(t *tokens, s string) reply { return t.post(t.jon, "/invitations/accept", "token", s) },
			foreign: func(t *tokens, s string) reply { return t.post(t.again(), "/invitations/accept", "token", s) },
		},
		{
			name: "export_links", expire: `UPDATE export_links` + expireSoon,
			fresh: func(t *tokens) string {
				file := token.New("")
				if err := os.WriteFile(t.config.ExportsDir+"/"+file+".zip", []byte("PK"), 0o600); err != nil {
					t.t.Fatal(err)
				}
				return t.row(`WITH x AS (INSERT INTO exports (account_id, state, file, size, sha256, created_at, expires_at) VALUES ($2, 'ready', $3, 2, decode(repeat('00', 32), 'hex'), now(), now() + interval '1 hour') RETURNING id)
					INSERT INTO export_links (token_hash, export_id, created_at, expires_at) SELECT $1, id, now() - interval '1 hour', now() + interval '1 hour' FROM x`, t.account, file)
			},
			use:     func(t *tokens, s string) reply { return t.ask(t.again(), "GET", "/api/v1/exports/file?token="+s, "") },
			foreign: func(t *tokens, s string) reply { return t.ask(t.jon, "GET", "/api/v1/exports/file?token="+s, "") },
		},
		{
			name: "privacy_requests", expire: `UPDATE privacy_requests SET created_at = now() - interval '30 days' WHERE token_hash = $1`,
			fresh: func(t *tokens) string {
				return t.row(`INSERT INTO privacy_requests (token_hash, kind, email, body, created_at) VALUES ($1, 'access', 'mia@shopper.example', 'Mine.', now())`)
			},
			use: func(t *tokens, s string) reply {
				return t.post(t.other, "/privacy/requests/confirm", "token", s)
			},
		},
		{
			name: "api_keys.key_hash", expire: `UPDATE api_keys SET expires_at = created_at + interval '1 millisecond' WHERE key_hash = $1`,
			fresh: func(t *tokens) string {
				secret := token.New(token.API)
				t.sql(`INSERT INTO api_keys (key_hash, workspace_id, name, created_at) VALUES ($1, $2, 'Key', now() - interval '1 hour')`, token.Hash(secret), t.workspace)
				return secret
			},
			use: func(t *tokens, s string) reply {
				return t.ask(t.other, "GET", "/api/v1/sites", "", "Authorization", "Bearer "+s)
			},
		},
	}
}
