package send

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"noctra/internal/googleauth/authtest"
	"noctra/schema"
)

// The customer of the fake's world that may use the Google Ads API.
const (
	adsPerson   = "agency@noctra.example"
	adsCustomer = "2000000006"
	adsAction   = "900000061"
)

// trial is a way on which every code is tried: each with a site, a connection and a conversion of its own.
type trial struct {
	transport, person, customer, action string
	status                              int // of the whole request; 0: the row fails
}

const insertTrial = `WITH s AS (INSERT INTO sites (workspace_id, public_key, name, hostnames, time_zone, currency, identity_key)
  SELECT workspace_id, 'nst_' || md5($1), $1, '{s.example}', 'UTC', 'EUR', sha256('k') FROM sites WHERE id = $2 RETURNING id, workspace_id),
g AS (INSERT INTO google_connections (id, workspace_id, state, transport, scopes, refresh_token, access_token, access_until, customer_id)
  OVERRIDING SYSTEM VALUE SELECT $3, workspace_id, 'active', $4, $5, $6, $7, $8, $9 FROM s RETURNING id),
m AS (INSERT INTO conversion_actions (workspace_id, site_id, connection_id, action_id, action_name, since) SELECT s.workspace_id, s.id, g.id, $10, $1, '2026-01-01Z' FROM s, g RETURNING *),
sale AS (INSERT INTO sales (workspace_id, site_id, event_id, order_id, occurred_at, amount, currency, visitor_id, user_hash, country, via, bot_reasons, click_kinds, click_values,
    email_hash, phone_hash, consent_analytics, consent_user_data, consent_personal)
  SELECT s.workspace_id, s.id, $1, $1, now() - interval '1 hour', 1000000, 'EUR', 1, 0, 'DE', 2, '{}', '{}', '{}', '', '', 1, 1, 1 FROM s RETURNING id)
INSERT INTO conversions (workspace_id, site_id, sale_id, mapping_id, action_id, transaction_id, occurred_at, value, currency, click_kind, click_value, consent_user_data, consent_personal, state)
SELECT m.workspace_id, m.site_id, sale.id, m.id, m.action_id, 'o-' || $1, now() - interval '1 hour', 1000000, 'EUR', 'gclid', 'click-of-sale-' || $1, 1, 1, 'ready' FROM m, sale`

// try makes a conversion for each code and orders the code for it.
func (r *rig) try(t trial, codes []string) (orders []map[string]any) {
	r.Helper()
	g := authtest.Grant(r, r.client, t.person)
	for _, code := range codes {
		name := fmt.Sprint(t.transport, "-", t.status, "-", code)
		var id int64
		r.scan(&id, `SELECT nextval(pg_get_serial_sequence('google_connections', 'id'))`)
		sealed, err := r.tokens.Seal(id, g)
		if err != nil {
			r.Fatal(err)
		}
		r.sql(insertTrial, name, r.site, id, t.transport, g.Scopes, sealed.Refresh, sealed.Access, sealed.Until, t.customer, t.action)
		r.decided()
		order := map[string]any{"code": code, "transaction_id": "o-" + name}
		if t.status != 0 {
			order["status"] = t.status
		}
		orders = append(orders, order)
	}
	return orders
}

// outcomes orders answers at Google.
func (r *rig) outcomes(list []map[string]any) {
	r.Helper()
	raw, err := json.Marshal(list)
	if err != nil {
		r.Fatal(err)
	}
	response, err := http.Post(r.url+"/_outcomes", "application/json", bytes.NewReader(raw))
	if err != nil {
		r.Fatal(err)
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusOK {
		r.Fatalf("outcomes: %s", response.Status)
	}
}

const trialStates = `SELECT concat_ws(' ', substr(c.transaction_id, 3), c.state, CASE WHEN c.reason <> split_part(c.transaction_id, '-', 4) THEN nullif(c.reason, '') END,
  CASE WHEN c.next_at > now() + interval '1 minute' THEN 'later' END, CASE WHEN g.problem = split_part(c.transaction_id, '-', 4) THEN 'problem' END, CASE WHEN m.paused_until > now() THEN 'action' END)
FROM conversions c JOIN conversion_actions m ON m.id = c.mapping_id JOIN google_connections g ON g.id = m.connection_id`

// wanted is where a code of a class brings a conversion.
func wanted(code string) []string {
	reason, _ := schema.ReasonOf(code)
	switch reason.Class {
	case schema.UploadDone:
		return []string{"accepted"}
	case schema.UploadNewer:
		return []string{"superseded"}
	case schema.UploadDead:
		return []string{"rejected"}
	case schema.UploadLater:
		return []string{"waiting later", "ready later", "ready quota later"}
	case schema.UploadCustomer:
		return []string{"ready problem", "ready action"}
	}
	return []string{"unknown later", "unknown later action"}
}

// TestEveryCode: each code of Google, by each way to it, of rows and of requests, brings the conversion to
// where its class says; one that nobody has heard of is kept and tried again slowly.
func TestEveryCode(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	r.config.BackOff = time.Hour // each is sent once
	rows, requests := []string{"NEVER_HEARD_OF"}, []string{}
	for _, reason := range schema.UploadReasons() {
		if reason.Code != strings.ToUpper(reason.Code) {
			continue
		}
		rows = append(rows, reason.Code)
		if reason.Class == schema.UploadCustomer || reason.Class == schema.UploadLater && !quotaEnds(reason.Code) {
			requests = append(requests, reason.Code)
		}
	}
	var orders []map[string]any
	for _, way := range []trial{{"data_manager", shopPerson, shopCustomer, shopAction, 0}, {"google_ads", adsPerson, adsCustomer, adsAction, 0}} {
		orders = append(orders, r.try(way, rows)...)
		way.status = http.StatusForbidden
		orders = append(orders, r.try(way, requests)...)
	}
	short := r.try(trial{"data_manager", shopPerson, shopCustomer, shopAction, 0}, []string{"OPERATING_ACCOUNT_MISMATCH_FOR_AD_IDENTIFIER/short"})
	short[0]["code"] = "PROCESSING_ERROR_OPERATING_ACCOUNT_MISMATCH_FOR_AD_IDENTIFIER" // without REASON, as Google has it
	orders = append(orders, short...)
	r.outcomes(orders)
	stop := r.run(r.sender())
	r.await("0", `SELECT count(*)::text FROM conversions WHERE state IN ('sending', 'received') OR attempts = 0`)
	stop()
	var wrong []string
	for line := range strings.Lines(r.lines(trialStates) + "\n") {
		name, got, _ := strings.Cut(strings.TrimSpace(line), " ")
		code := strings.SplitN(name, "-", 3)[2]
		if plain, short := strings.CutSuffix(code, "/short"); short {
			code, got = plain, strings.TrimSuffix(got, " "+plain)
		}
		if want := wanted(code); !slices.Contains(want, got) {
			wrong = append(wrong, fmt.Sprintf("%s: %q, want one of %q", name, got, want))
		}
	}
	if diff := cmp.Diff([]string(nil), wrong); diff != "" {
		t.Error(diff)
	}
	var n int
	r.scan(&n, `SELECT count(*) FROM conversions`)
	if n != 2*(len(rows)+len(requests))+1 || len(rows) < 100 {
		t.Errorf("%d conversions for %d codes of rows and %d of requests", n, len(rows), len(requests))
	}
}
