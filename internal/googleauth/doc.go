// Package googleauth is the product's way into accounts at Google: the settings of its OAuth client, the
// consent page and the exchange of what comes back (PKCE, offline access), and the tokens of connections,
// sealed in Postgres (google_connections) and refreshed by one process at a time.
//
// The admin service connects and disconnects, the uploader asks for tokens. Neither logs them: errors and
// the types here carry codes alone.
package googleauth
