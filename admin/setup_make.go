package admin

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"noctra/admin/internal/accounts"
	"noctra/admin/internal/audit"
	"noctra/admin/internal/store"
	"noctra/admin/internal/token"
	"noctra/admin/internal/workspaces"
)

// setUpMaker makes the first account and everything around it, in one transaction.
type setUpMaker struct {
	s      *Service
	q      *store.Queries
	values setUpValues
	visit  accounts.Visit

	outcome  string         // of the link
	problems []FieldProblem // of the form; nothing was made then
	session  string
	done     setUpDone
}

// run leaves outcome, problems, or what was made. Of two who send at once, one is first.
func (m *setUpMaker) run(ctx context.Context) error {
	if err := m.q.LockBootstrap(ctx); err != nil {
		return fmt.Errorf("set up: %w", err)
	}
	var err error
	if m.outcome, err = m.s.setUpLink(ctx, m.q, m.values["token"], m.s.now()); err != nil || m.outcome != linkGood {
		return err
	}
	owners, err := m.q.CountOwners(ctx)
	if err != nil {
		return fmt.Errorf("count owners: %w", err)
	}
	if owners > 0 {
		m.outcome = linkUsed
		return nil
	}
	form := siteForm{Name: m.values["name"], Hostnames: strings.FieldsFunc(m.values["hostnames"], isSeparator), TimeZone: m.values["time_zone"], Currency: m.values["currency"]}
	m.problems = append(m.checkPerson(), form.check()...)
	if _, err := m.q.AccountByEmail(ctx, m.values["email"]); err == nil {
		m.problems = append(m.problems, FieldProblem{"email", "There is an account with this address already."})
	} else if !errors.Is(err, pgx.ErrNoRows) {
		return fmt.Errorf("look up account: %w", err)
	}
	if len(m.problems) > 0 {
		return nil
	}
	return m.make(ctx, form)
}

func isSeparator(r rune) bool { return strings.ContainsRune(" ,;\t\r\n", r) }

// checkPerson checks what the form has besides the site.
func (m *setUpMaker) checkPerson() []FieldProblem {
	var problems []FieldProblem
	for _, field := range []string{"person", "workspace"} {
		if why := checkName(m.values[field]); why != "" {
			problems = append(problems, FieldProblem{field, why})
		}
	}
	if why := checkEmail(m.values["email"]); why != "" {
		problems = append(problems, FieldProblem{"email", why})
	}
	return problems
}

func (m *setUpMaker) make(ctx context.Context, form siteForm) error {
	now := m.s.now()
	workspace, err := m.q.AddWorkspace(ctx, store.AddWorkspaceParams{Name: m.values["workspace"], CreatedAt: now})
	if err != nil {
		return fmt.Errorf("add workspace: %w", err)
	}
	account, err := m.q.AddAccount(ctx, store.AddAccountParams{Email: m.values["email"], Name: m.values["person"], CreatedAt: now})
	if err != nil {
		return fmt.Errorf("add account: %w", err)
	}
	err = m.q.AddMember(ctx, store.AddMemberParams{WorkspaceID: workspace, AccountID: account, Role: workspaces.Owner, CreatedAt: now})
	if err != nil {
		return fmt.Errorf("add member: %w", err)
	}
	site, err := addSite(ctx, m.q, workspace, form, now)
	if err != nil {
		return err
	}
	if err := m.addKeys(ctx, keyOwner{workspace, site.id, now}); err != nil {
		return err
	}
	if err := m.q.UseLink(ctx, store.UseLinkParams{TokenHash: token.Hash(m.values["token"]), Now: now}); err != nil {
		return fmt.Errorf("note use of link: %w", err)
	}
	m.done.SiteName, m.done.Hostname, m.done.SiteKey = form.Name, form.Hostnames[0], site.key
	m.done.Snippet, m.done.Example = m.s.snippet(site.key), m.s.example(site.key, m.done.APIKey)
	made := audit.Entry{Workspace: workspace, Account: account, Action: "workspace.created", Address: m.visit.Address,
		After: map[string]any{"name": m.values["workspace"], "site_id": site.id}}
	if err := audit.Add(ctx, m.q, now, made); err != nil {
		return err
	}
	m.session, err = m.s.people.accounts.EnterByLink(ctx, m.q, account, m.visit)
	return err
}

type keyOwner struct {
	workspace, site int64
	now             time.Time
}

func (m *setUpMaker) addKeys(ctx context.Context, of keyOwner) error {
	const name = "First key"
	m.done.ServerKey, m.done.APIKey = token.New(token.Server), token.New(token.API)
	_, err := m.q.AddServerKey(ctx, store.AddServerKeyParams{
		WorkspaceID: of.workspace, Name: name, KeyHash: token.Hash(m.done.ServerKey), SiteIds: []int64{of.site}, CreatedAt: of.now,
	})
	if err != nil {
		return fmt.Errorf("add server key: %w", err)
	}
	_, err = m.q.AddAPIKey(ctx, store.AddAPIKeyParams{WorkspaceID: of.workspace, Name: name, KeyHash: token.Hash(m.done.APIKey), CreatedAt: of.now, Scopes: scopes()})
	if err != nil {
		return fmt.Errorf("add API key: %w", err)
	}
	return nil
}
