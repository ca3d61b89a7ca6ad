package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// office is the demo's owner at work, with a look into Postgres.
type office struct {
	*product
	t         *testing.T
	client    *http.Client
	db        *pgx.Conn
	workspace string
}

func (p *product) office(t *testing.T) *office {
	t.Helper()
	p.t = t
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	o := &office{product: p, t: t, client: &http.Client{Jar: jar, Timeout: clientLimit}, workspace: strings.Trim(string(p.ready.Demo.WorkspaceID), `"`)}
	if o.db, err = pgx.Connect(t.Context(), p.ready.Postgres); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = o.db.Close(t.Context()) }) //nolint:errcheck // the test is over
	o.ask(http.MethodGet, p.ready.Demo.SignInURL, nil, nil)
	return o
}

// ordersAndTrials tries rules while an erasure takes its time.
func (p *product) ordersAndTrials(t *testing.T) {
	o := copies{p.office(t)}
	o.sell()
	t.Run("trials", p.triesRules)
	o.outlive(t)
}

// ask calls the admin service, and returns the tag of what it answers.
func (o *office) ask(method, path string, body, into any, headers ...string) (tag string) {
	o.t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		o.t.Fatal(err)
	}
	if strings.HasPrefix(path, "/") {
		path = o.ready.AdminURL + "/api/v1" + path
	}
	request, err := http.NewRequest(method, path, strings.NewReader(string(raw)))
	if err != nil {
		o.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := o.client.Do(request)
	if err != nil {
		o.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err == nil && into != nil {
		err = json.Unmarshal(text, into)
	}
	if err != nil || response.StatusCode >= 300 {
		o.t.Fatalf("%s %s: %d, %v\n%.600s", method, path, response.StatusCode, err, text)
	}
	return response.Header.Get("ETag")
}

// run executes a statement.
func (o *office) run(sql string, args ...any) {
	o.t.Helper()
	if _, err := o.db.Exec(o.t.Context(), sql, args...); err != nil {
		o.t.Fatalf("%.80s: %v", sql, err)
	}
}

// text reads one value.
func (o *office) text(sql string, args ...any) (value string) {
	o.t.Helper()
	if err := o.db.QueryRow(o.t.Context(), sql, args...).Scan(&value); err != nil {
		o.t.Fatalf("%.80s: %v", sql, err)
	}
	return value
}

// decided waits until the uploader has looked at every sale of a site that is due.
func (o *office) decided(site string) {
	o.t.Helper()
	o.await("decided sales", 3*time.Minute, func() error {
		if left := o.text(`SELECT count(*)::text FROM sales WHERE site_id = $1::text::bigint AND (decide_at <= now() OR attributed_at IS NULL)`, site); left != "0" {
			return fmt.Errorf("%s sales are due", left)
		}
		return nil
	})
}
