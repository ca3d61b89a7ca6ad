package admin

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"noctra/admin/internal/google"
	"noctra/admin/internal/store"
	"noctra/internal/googleauth"
	"noctra/schema"
)

// GoogleConnectionView is a way to an account of Google Ads.
type GoogleConnectionView struct {
	ID             string              `json:"id" example:"4"`
	State          string              `json:"state" enum:"choosing,active,needs_reconnecting,disconnected" doc:"choosing: no account was chosen yet. needs_reconnecting: Google lets it in no more, until somebody consents again." example:"active"`
	Transport      string              `json:"transport,omitempty" doc:"By which conversions are sent: data_manager, google_ads, or file." example:"data_manager"`
	Customer       *GoogleCustomerView `json:"customer,omitempty"`
	Abilities      []GoogleAbilityView `json:"abilities" doc:"What was found out when it was connected."`
	MissingScopes  []string            `json:"missing_scopes" doc:"Permissions that are needed and were not granted." example:"[]"`
	Problem        *GoogleProblemView  `json:"problem,omitempty"`
	PausedUntil    *time.Time          `json:"paused_until,omitempty" doc:"After failures nothing is sent before." example:"2026-03-01T09:45:00Z"`
	File           *GoogleFileView     `json:"file,omitempty"`
	CreatedBy      string              `json:"created_by,omitempty" doc:"The account that connected it." example:"42"`
	CreatedAt      time.Time           `json:"created_at" example:"2026-03-01T09:30:00Z"`
	ChangedAt      time.Time           `json:"changed_at" example:"2026-03-01T09:30:00Z"`
	DisconnectedAt *time.Time          `json:"disconnected_at,omitempty" example:"2026-04-01T09:30:00Z"`
	PurgedAt       *time.Time          `json:"purged_at,omitempty" doc:"Since then nothing is left of what Google gave: it was revoked there, and tokens, names, currency and zone are deleted here." example:"2026-04-01T09:30:01Z"`
}

// GoogleCustomerView is the account that owns the actions.
type GoogleCustomerView struct {
	ID       string `json:"id" example:"2000000002"`
	LoginID  string `json:"login_id,omitempty" doc:"The manager account through which it is reached." example:"1000000001"`
	Name     string `json:"name" example:"Acme shop"`
	Currency string `json:"currency" example:"EUR"`
	TimeZone string `json:"time_zone" example:"Europe/Berlin"`
}

// GoogleAbilityView is what a connection can or cannot be used for.
type GoogleAbilityView struct {
	Name      string    `json:"name" doc:"data_manager, google_ads, file: ways to send. retraction: conversions can be taken back." example:"data_manager"`
	Can       bool      `json:"can" example:"true"`
	Code      string    `json:"code,omitempty" doc:"Why not, as Google writes it." example:"CUSTOMER_NOT_ALLOWLISTED_FOR_THIS_FEATURE"`
	Reason    string    `json:"reason,omitempty" example:"The account cannot use the Google Ads API for uploads; use Data Manager."`
	CheckedAt time.Time `json:"checked_at" example:"2026-03-01T09:30:00Z"`
}

// GoogleProblemView is what somebody has to mend before anything is sent.
type GoogleProblemView struct {
	Code    string    `json:"code" example:"INVALID_GRANT"`
	Message string    `json:"message" example:"The connection to Google was revoked or ran out; connect it again."`
	At      time.Time `json:"at" example:"2026-03-01T09:30:00Z"`
}

// GoogleFileView is where Google fetches a file.
type GoogleFileView struct {
	URL  string `json:"url" example:"https://noctra.example/imports/google/gf_k3Jd0aQx7LmZ2vYt.csv"`
	User string `json:"user" example:"gf_k3Jd0aQx7LmZ2vYt"`
}

func connectionTag(row store.GoogleConnection) string {
	return fmt.Sprintf("connection-%d-%d", row.ID, row.Version)
}

func (s *Service) viewConnection(row store.GoogleConnection) (GoogleConnectionView, error) {
	v := GoogleConnectionView{
		ID: number(&row.ID), State: row.State, Transport: transportOf(row), Abilities: []GoogleAbilityView{}, MissingScopes: []string{},
		PausedUntil: ofUTC(row.PausedUntil), CreatedAt: row.CreatedAt.UTC(), ChangedAt: row.ChangedAt.UTC(), DisconnectedAt: ofUTC(row.DisconnectedAt), PurgedAt: ofUTC(row.PurgedAt),
	}
	if row.CreatedBy != nil {
		v.CreatedBy = strconv.FormatInt(*row.CreatedBy, 10)
	}
	if row.CustomerID != "" || row.CustomerName != "" {
		v.Customer = &GoogleCustomerView{row.CustomerID, row.LoginCustomerID, row.CustomerName, row.CustomerCurrency, row.CustomerZone}
	}
	if row.Problem != nil && row.ProblemAt != nil {
		v.Problem = &GoogleProblemView{*row.Problem, sentence(*row.Problem), row.ProblemAt.UTC()}
		if *row.Problem == googleauth.CodeMissingScopes {
			v.MissingScopes = append(v.MissingScopes, strings.Fields(row.ProblemDetail)...)
		}
	}
	if row.FileUser != nil {
		v.File = &GoogleFileView{s.fileURL(*row.FileUser), *row.FileUser}
	}
	abilities := google.Abilities{}
	if err := json.Unmarshal(row.Abilities, &abilities); err != nil {
		return v, fmt.Errorf("read abilities of connection %d: %w", row.ID, err)
	}
	for name, a := range abilities {
		one := GoogleAbilityView{Name: name, Can: a.Can, Code: a.Code, CheckedAt: a.CheckedAt}
		if a.Code != "" {
			one.Reason = sentence(a.Code)
		}
		v.Abilities = append(v.Abilities, one)
	}
	slices.SortFunc(v.Abilities, func(a, b GoogleAbilityView) int { return strings.Compare(a.Name, b.Name) })
	return v, nil
}

// sentence is a code of a reason in words.
func sentence(code string) string {
	reason, _ := schema.ReasonOf(code)
	return reason.Words + "."
}

// connectionState is what the audit says of a connection.
func connectionState(row store.GoogleConnection) map[string]any {
	return map[string]any{"connection_id": row.ID, "state": row.State, "transport": transportOf(row), "customer_id": row.CustomerID, "login_customer_id": row.LoginCustomerID}
}
