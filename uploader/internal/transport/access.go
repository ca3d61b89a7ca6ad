package transport

import (
	"context"
	"errors"

	"noctra/internal/googleauth"
)

// connections gives tokens of connections as transports ask for them.
type connections struct{ *googleauth.Tokens }

// Connections gives access in the name of connections.
func Connections(t *googleauth.Tokens) Access { return connections{t} }

// Token implements Access.
func (t connections) Token(ctx context.Context, connection int64) (string, error) {
	token, err := t.Tokens.Token(ctx, connection)
	var refused *googleauth.Refused
	if errors.As(err, &refused) {
		return "", &Refused{Code: refused.Code, Message: refused.Message}
	}
	return token, err
}
