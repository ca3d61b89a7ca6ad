// Package accounts is what people do with their own login: sign up, prove an address, sign in and out,
// second factors and passkeys, new passwords and addresses, deletion.
//
// It decides and writes to Postgres; package admin gives it requests and cookies, package mailer sends
// what it orders. Whether an address has an account is never told to somebody who has not read its
// mail: requests that could show it write the same rows either way, and what is mailed is decided
// later (write.go). Sites, members and roles are not its own.
package accounts
