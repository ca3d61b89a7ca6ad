package admin

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"noctra/admin/internal/audit"
	"noctra/admin/internal/google"
	"noctra/admin/internal/store"
	"noctra/admin/internal/token"
	"noctra/internal/googleauth"
)

const (
	callbackPath    = "/google/callback"
	consentLife     = 10 * time.Minute
	mostConnections = 50 // of a workspace
)

// Results with which the browser comes back to the dashboard.
const (
	cameConnected   = "connected"
	cameReconnected = "reconnected"
	cameDenied      = "denied"         // the person said no
	cameMissing     = "missing_scopes" // missing names them
	cameExpired     = "expired"        // it took longer than ten minutes, or was done already
	cameOther       = "other_session"  // somebody else began it, or the sign-in ended
	cameRefused     = "refused"        // Google did not take the code
	cameUnavailable = "unavailable"    // Google did not answer
	cameGone        = "gone"           // the connection has ended meanwhile, or there are too many
)

type beginGoogleInput struct {
	InWorkspace
	Body struct {
		ConnectionID string `json:"connection_id,omitempty" maxLength:"20" doc:"A connection that is to be made again, with everything that hangs on it; a new one by default." example:"4"`
	}
}

// GoogleConsentView is where a person consents.
type GoogleConsentView struct {
	URL       string    `json:"url" doc:"Google's page, for the browser with this very sign-in. It comes back to /google/callback, and from there to the dashboard." example:"https://accounts.google.com/o/oauth2/v2/auth?client_id=…"`
	ExpiresAt time.Time `json:"expires_at" example:"2026-03-01T09:40:00Z"`
}

type beginGoogleOutput struct{ Body GoogleConsentView }

// flowPlace is where a sealed verifier stands; see package envelope.
func flowPlace(stateHash []byte) string { return fmt.Sprintf("oauth_flows.verifier:%x", stateHash) }

func (s *Service) redirectURL() string { return s.config.publicURL().JoinPath(callbackPath).String() }

func (s *Service) beginGoogle(ctx context.Context, in *beginGoogleInput) (*beginGoogleOutput, error) {
	if err := s.googleOn(); err != nil {
		return nil, err
	}
	flow := store.AddFlowParams{WorkspaceID: in.number(), AccountID: callerOf(ctx).account, SessionHash: callerOf(ctx).session, ExpiresAt: s.now().Add(consentLife)}
	if in.Body.ConnectionID != "" {
		id, err := strconv.ParseInt(in.Body.ConnectionID, 10, 64)
		if err != nil {
			return nil, fieldFault("connection_id", fmt.Sprintf("%q is no connection's number.", short(in.Body.ConnectionID)))
		}
		row, err := s.connectionOf(ctx, in.number(), id)
		if err != nil {
			return nil, err
		}
		if row.State == "disconnected" || transportOf(row) == google.File {
			return nil, refuse(conflict, "This connection cannot be made again; make a new one.")
		}
		flow.ConnectionID = &row.ID
	}
	address, err := s.keepFlow(ctx, flow)
	if err != nil {
		return nil, err
	}
	return &beginGoogleOutput{Body: GoogleConsentView{URL: address, ExpiresAt: flow.ExpiresAt.UTC()}}, nil
}

// keepFlow writes down what the way back is checked against, and returns the consent page.
func (s *Service) keepFlow(ctx context.Context, flow store.AddFlowParams) (string, error) {
	state, verifier := token.New(""), googleauth.Verifier()
	flow.StateHash = token.Hash(state)
	var err error
	if flow.Verifier, err = s.google.ring.Seal([]byte(verifier), flowPlace(flow.StateHash)); err != nil {
		return "", err
	}
	if err := store.On(ctx, s.pool).AddFlow(ctx, flow); err != nil {
		return "", fmt.Errorf("begin consent: %w", err)
	}
	return s.google.client.ConsentURL(s.redirectURL(), state, verifier), nil
}

// fieldFault is the answer to one field that is wrong.
func fieldFault(field, why string) *fault {
	return &fault{kind: invalidRequest, detail: why, problems: []FieldProblem{{field, why}}}
}

// googleCallback is where Google sends the browser back to.
func (s *Service) googleCallback(w http.ResponseWriter, r *http.Request) {
	noStore(w)
	if r.Method == http.MethodHead { // somebody who looks must not use the state up
		return
	}
	if !s.mayAsk(w, r) {
		return
	}
	back, err := s.comeBack(r)
	if err != nil {
		s.writeProblem(w, s.refused(r.Context(), err))
		return
	}
	http.Redirect(w, r, back.location(), http.StatusSeeOther)
}

// cameBack is how a consent went.
type cameBack struct {
	workspace  int64
	result     string
	connection int64
	missing    []string
}

func (b cameBack) location() string {
	if b.workspace == 0 {
		return "/?google=" + b.result
	}
	query := url.Values{"result": {b.result}}
	if b.connection != 0 {
		query.Set("connection", strconv.FormatInt(b.connection, 10))
	}
	for _, scope := range b.missing {
		query.Add("missing", scope[strings.LastIndexByte(scope, '/')+1:])
	}
	return "/workspaces/" + strconv.FormatInt(b.workspace, 10) + "/google?" + query.Encode()
}

// comeBack checks that the browser which comes back is the one that was sent, and takes the code.
func (s *Service) comeBack(r *http.Request) (cameBack, error) {
	ctx, query := r.Context(), r.URL.Query()
	if s.google.client == nil || !token.Looks(query.Get("state"), "") {
		return cameBack{result: cameExpired}, nil
	}
	flow, err := s.store.TakeFlow(ctx, token.Hash(query.Get("state")))
	if errors.Is(err, pgx.ErrNoRows) {
		return cameBack{result: cameExpired}, nil
	}
	if err != nil {
		return cameBack{}, fmt.Errorf("take consent: %w", err)
	}
	who, err := s.bySession(ctx, s.credentialsOf(r).cookie, manageUploads)
	if nobody := (*fault)(nil); errors.As(err, &nobody) {
		who, err = caller{}, nil // whoever comes back is not signed in: a caller without a session
	}
	if err != nil {
		return cameBack{}, err
	}
	if !slices.Equal(who.session, flow.SessionHash) || !slices.Contains(who.workspaces, flow.WorkspaceID) {
		return cameBack{result: cameOther}, nil
	}
	who.visit = s.visitOf(r)
	back := cameBack{workspace: flow.WorkspaceID, result: cameExpired}
	switch {
	case !flow.ExpiresAt.After(s.now()):
		return back, nil
	case query.Get("code") == "":
		back.result = cameDenied
		return back, nil
	}
	return s.takeCode(asCaller(r, who), flow, query.Get("code"))
}

// takeCode exchanges the code, and keeps what Google gave where everything was granted.
func (s *Service) takeCode(ctx context.Context, flow store.OauthFlow, code string) (cameBack, error) {
	back := cameBack{workspace: flow.WorkspaceID}
	verifier, err := s.google.ring.Unseal(flow.Verifier, flowPlace(flow.StateHash))
	if err != nil {
		return back, err
	}
	grant, err := s.google.client.Exchange(ctx, s.redirectURL(), code, string(verifier))
	var refused *googleauth.AuthError
	switch {
	case errors.As(err, &refused) && refused.Status < http.StatusInternalServerError:
		s.quiet.Warn("google did not take a code", "code", refused.Code)
		back.result = cameRefused
		return back, nil
	case err != nil:
		s.quiet.Warn("google did not answer a code", "error", err.Error())
		back.result = cameUnavailable
		return back, nil
	case len(grant.Lacks()) > 0:
		back.result, back.missing = cameMissing, grant.Lacks()
		return back, nil
	case grant.Refresh == "": // not for when nobody is there
		back.result = cameRefused
		return back, nil
	}
	row, err := s.keepGrant(ctx, flow, grant)
	var f *fault
	if errors.As(err, &f) {
		back.result = cameGone
		return back, nil
	}
	if err != nil {
		return back, err
	}
	back.connection, back.result = row.ID, cameConnected
	if flow.ConnectionID != nil {
		back.result = cameReconnected
		s.probeQuietly(ctx, row)
	}
	return back, s.noteAccess(ctx, row.ID, "connect")
}

// keepGrant makes a connection of what Google gave, or renews the one that was meant.
func (s *Service) keepGrant(ctx context.Context, flow store.OauthFlow, grant googleauth.Grant) (row store.GoogleConnection, err error) {
	err = store.Transact(ctx, s.pool, func(q *store.Queries) error {
		e := callerOf(ctx).entry(flow.WorkspaceID, "google.reconnected")
		if flow.ConnectionID == nil {
			e.Action = "google.connected"
			row, err = s.addConnection(ctx, q, flow, grant)
		} else {
			row, err = s.renewConnection(ctx, q, flow, grant)
		}
		if err != nil {
			return err
		}
		e.After = connectionState(row)
		return audit.Add(ctx, q, s.now(), e)
	})
	return row, err
}

func (s *Service) addConnection(ctx context.Context, q *store.Queries, flow store.OauthFlow, grant googleauth.Grant) (row store.GoogleConnection, err error) {
	if err := roomForConnection(ctx, q, flow.WorkspaceID); err != nil {
		return row, err
	}
	id, err := q.NextConnectionID(ctx)
	if err != nil {
		return row, fmt.Errorf("add connection: %w", err)
	}
	sealed, err := s.google.tokens.Seal(id, grant)
	if err != nil {
		return row, err
	}
	row, err = q.AddConnection(ctx, store.AddConnectionParams{
		ID: id, WorkspaceID: flow.WorkspaceID, Scopes: grant.Scopes, RefreshToken: sealed.Refresh, AccessToken: sealed.Access, AccessUntil: &sealed.Until, CreatedBy: &flow.AccountID, Now: s.now(),
	})
	if err != nil {
		return row, fmt.Errorf("add connection: %w", err)
	}
	return row, nil
}

func roomForConnection(ctx context.Context, q *store.Queries, workspace int64) error {
	n, err := q.CountConnections(ctx, workspace)
	if err != nil {
		return fmt.Errorf("count connections: %w", err)
	}
	if n >= mostConnections {
		return refuse(conflict, fmt.Sprintf("A workspace has at most %d connections to Google; end one.", mostConnections))
	}
	return nil
}

func (s *Service) renewConnection(ctx context.Context, q *store.Queries, flow store.OauthFlow, grant googleauth.Grant) (row store.GoogleConnection, err error) {
	row, err = q.LockConnectionOf(ctx, store.LockConnectionOfParams{ID: *flow.ConnectionID, WorkspaceID: flow.WorkspaceID})
	if err := noConnection(err); err != nil {
		return row, err
	}
	if row.State == "disconnected" {
		return row, refuse(conflict, "The connection has ended; make a new one.")
	}
	sealed, err := s.google.tokens.Seal(row.ID, grant)
	if err != nil {
		return row, err
	}
	row, err = q.RenewConnection(ctx, store.RenewConnectionParams{
		ID: row.ID, Scopes: grant.Scopes, RefreshToken: sealed.Refresh, AccessToken: sealed.Access, AccessUntil: &sealed.Until, Now: s.now(),
	})
	if err != nil {
		return row, fmt.Errorf("renew connection: %w", err)
	}
	return row, nil
}
