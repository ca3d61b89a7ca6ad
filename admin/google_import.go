package admin

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"noctra/admin/internal/store"
	"noctra/admin/internal/token"
	"noctra/internal/importcsv"
)

// mostAgent bounds what is kept of how a fetch called itself.
const mostAgent = 200

// serveImport serves the file of a connection to whoever has its user and secret. What was written to its
// end counts as fetched, and nothing before.
func (s *Service) serveImport(w http.ResponseWriter, r *http.Request) {
	noStore(w)
	if wait := s.google.files.take(s.addressOf(r)); wait > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(wait/time.Second)+1))
		http.Error(w, "too many requests", http.StatusTooManyRequests)
		return
	}
	file, err := s.fileOf(r)
	if err != nil {
		s.writeProblem(w, s.refused(r.Context(), err))
		return
	}
	switch {
	case file == nil:
		w.Header().Set("WWW-Authenticate", `Basic realm="noctra", charset="UTF-8"`)
		http.Error(w, "user or password is wrong", http.StatusUnauthorized)
		return
	case file.UploadsHeldAt != nil:
		w.Header().Set("Retry-After", "3600")
		http.Error(w, "uploads are on hold", http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", importcsv.ContentType)
	if r.Method == http.MethodHead {
		return
	}
	if err := s.writeImport(r.Context(), w, file.ID, r.UserAgent()); err != nil {
		s.quiet.Warn("file for google not served to its end", "connection_id", file.ID, "error", err.Error())
		panic(http.ErrAbortHandler) // what was sent is not the whole, and must not look like it
	}
}

// fileOf finds the file that user and secret open; nil is none. It takes as long for a user that there is
// not as for one that there is.
func (s *Service) fileOf(r *http.Request) (*store.FileOfUserRow, error) {
	user, secret, ok := r.BasicAuth()
	name, csv := strings.CutSuffix(r.PathValue("file"), ".csv")
	if !ok || !csv {
		return nil, nil //nolint:nilnil // nobody is an answer here
	}
	row, err := s.store.FileOfUser(r.Context(), &name)
	if errors.Is(err, pgx.ErrNoRows) {
		row.FileSecretHash, err = token.Hash(""), nil
		ok = false
	}
	if err != nil {
		return nil, fmt.Errorf("look up file: %w", err)
	}
	same := subtle.ConstantTimeCompare([]byte(user), []byte(name)) & subtle.ConstantTimeCompare(token.Hash(secret), row.FileSecretHash)
	if same != 1 || !ok {
		return nil, nil //nolint:nilnil // nobody is an answer here
	}
	return &row, nil
}

// writeImport writes the file and keeps that it was fetched. It is as of one moment: where a row was
// changed or erased while it was on its way, the fetch fails, and Google comes again.
func (s *Service) writeImport(ctx context.Context, w http.ResponseWriter, connection int64, agent string) error {
	return pgx.BeginTxFunc(ctx, s.pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead}, func(tx pgx.Tx) error {
		served, err := importcsv.Write(ctx, tx, connection, s.now(), w)
		if err == nil {
			err = http.NewResponseController(w).Flush()
		}
		if err != nil {
			return fmt.Errorf("serve file: %w", err)
		}
		if served.LeftOut > 0 {
			s.log.Warn("rows left out of a file for google", "connection_id", connection, "rows", served.LeftOut)
		}
		if len(agent) > mostAgent {
			agent = agent[:mostAgent]
		}
		return importcsv.Fetched(ctx, tx, connection, served, strings.ToValidUTF8(agent, ""), s.now())
	})
}
