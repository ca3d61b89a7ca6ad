package uploader

import (
	"context"
	"errors"
	"fmt"

	"noctra/internal/googleauth"
	"noctra/uploader/internal/transport"
)

var _ transport.Access = access{}

// access lends the tokens of connections to transports.
type access struct{ tokens *googleauth.Tokens }

// Token implements transport.Access.
func (a access) Token(ctx context.Context, connection int64) (string, error) {
	token, err := a.tokens.Token(ctx, connection)
	var refused *googleauth.Refused
	if errors.As(err, &refused) {
		return "", fmt.Errorf("token: %w", &transport.Refused{Code: refused.Code, Message: refused.Message})
	}
	return token, err
}

// Drop implements transport.Access.
func (a access) Drop(ctx context.Context, connection int64, token string) error {
	err := a.tokens.Drop(ctx, connection, token)
	var refused *googleauth.Refused
	if errors.As(err, &refused) {
		return nil // the next token says so
	}
	return err
}
