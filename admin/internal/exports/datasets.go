package exports

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"noctra/admin/internal/audit"
	"noctra/admin/internal/store"
)

// readPage is how many rows of long tables are read at a time.
const readPage = 1000

// dataset is a table of a copy.
type dataset struct {
	name string
	rows rows
}

// whole is a table that is read at once.
func whole(name string, read func() ([][]byte, error)) dataset {
	return dataset{name, func(each func([]byte) error) error {
		all, err := read()
		if err != nil {
			return err
		}
		for _, object := range all {
			if err := each(object); err != nil {
				return err
			}
		}
		return nil
	}}
}

// paged is a table that is read in pages; next hands on a page and says whether it was a full one.
func paged(name string, begin func() (next func(each func([]byte) error) (more bool, err error))) dataset {
	return dataset{name, func(each func([]byte) error) error {
		next := begin()
		for {
			more, err := next(each)
			if err != nil || !more {
				return err
			}
		}
	}}
}

func ofAccount(ctx context.Context, q *store.Queries, id int64) []dataset {
	return []dataset{
		whole("account", func() ([][]byte, error) { return q.CopyAccount(ctx, id) }),
		whole("sessions", func() ([][]byte, error) { return q.CopySessions(ctx, id) }),
		whole("devices", func() ([][]byte, error) { return q.CopyDevices(ctx, id) }),
		whole("second_factors", func() ([][]byte, error) { return q.CopySecondFactors(ctx, id) }),
		whole("memberships", func() ([][]byte, error) { return q.CopyMemberships(ctx, id) }),
		whole("invitations", func() ([][]byte, error) { return q.CopyInvitationsTo(ctx, id) }),
		whole("mail", func() ([][]byte, error) { return q.CopyMailTo(ctx, &id) }),
		whole("requests", func() ([][]byte, error) { return q.CopyRequestsOf(ctx, &id) }),
		whole("exports", func() ([][]byte, error) { return q.CopyExportsOf(ctx, id) }),
		paged("audit", func() func(func([]byte) error) (bool, error) {
			chain, seq := int64(-1), int64(0)
			return func(each func([]byte) error) (bool, error) {
				ref, err := audit.Ref(ctx, q, id)
				if err != nil {
					return false, err
				}
				page, err := q.CopyAuditOf(ctx, store.CopyAuditOfParams{Account: id, Person: ref, Chain: chain, Seq: seq, Most: readPage})
				if err != nil || len(page) == 0 {
					return false, err
				}
				said := make([]audit.Said, len(page))
				for i, r := range page {
					said[i] = audit.Said{JSON: &page[i].Entry, Texts: r.Texts}
				}
				chain, seq = *page[len(page)-1].Chain, page[len(page)-1].Seq
				return len(page) == readPage, reveal(ctx, q, said, each)
			}
		}),
	}
}

func ofWorkspace(ctx context.Context, q *store.Queries, id int64) []dataset {
	return []dataset{
		whole("workspace", func() ([][]byte, error) { return q.CopyWorkspace(ctx, id) }),
		whole("members", func() ([][]byte, error) { return q.CopyMembers(ctx, id) }),
		whole("invitations", func() ([][]byte, error) { return q.CopyInvitations(ctx, id) }),
		whole("sites", func() ([][]byte, error) { return q.CopySites(ctx, id) }),
		whole("site_changes", func() ([][]byte, error) { return q.CopySiteChanges(ctx, id) }),
		whole("server_keys", func() ([][]byte, error) { return q.CopyServerKeys(ctx, id) }),
		whole("api_keys", func() ([][]byte, error) { return q.CopyAPIKeys(ctx, id) }),
		whole("goals", func() ([][]byte, error) { return q.CopyGoals(ctx, id) }),
		whole("funnels", func() ([][]byte, error) { return q.CopyFunnels(ctx, id) }),
		whole("requests", func() ([][]byte, error) { return q.CopyRequests(ctx, &id) }),
		whole("retention_log", func() ([][]byte, error) { return q.CopyRetentionLog(ctx, id) }),
		paged("corrections", func() func(func([]byte) error) (bool, error) {
			after := int64(0)
			return func(each func([]byte) error) (bool, error) {
				page, err := q.CopyCorrections(ctx, store.CopyCorrectionsParams{WorkspaceID: id, ID: after, Limit: readPage})
				for i := 0; err == nil && i < len(page); i++ {
					after = page[i].ID
					err = each(page[i].Entry)
				}
				return len(page) == readPage, err
			}
		}),
		paged("audit", func() func(func([]byte) error) (bool, error) {
			after := int64(0)
			return func(each func([]byte) error) (bool, error) {
				page, err := q.CopyAudit(ctx, store.CopyAuditParams{Workspace: id, After: after, Most: readPage})
				if err != nil || len(page) == 0 {
					return false, err
				}
				said := make([]audit.Said, len(page))
				for i, r := range page {
					said[i] = audit.Said{JSON: &page[i].Entry, Texts: r.Texts}
				}
				after = page[len(page)-1].Seq
				return len(page) == readPage, reveal(ctx, q, said, each)
			}
		}),
	}
}

// reveal hands on entries of the audit with people and texts where they are known.
func reveal(ctx context.Context, q *store.Queries, said []audit.Said, each func([]byte) error) error {
	if _, err := audit.Reveal(ctx, q, said); err != nil {
		return err
	}
	for _, s := range said {
		if err := each(*s.JSON); err != nil {
			return err
		}
	}
	return nil
}

// about begins the manifest of a copy.
func about(x store.Export, now time.Time) manifest {
	m := manifest{Of: "account", ID: strconv.FormatInt(x.AccountID, 10), CreatedAt: now.UTC().Format(time.RFC3339)}
	m.Notes = []string{"Times are UTC. sha256 is that of the file itself. Secrets, and hashes of secrets, are not in here."}
	if x.WorkspaceID != nil {
		m.Of, m.ID = "workspace", fmt.Sprint(*x.WorkspaceID)
		m.Notes = append(m.Notes, "events: a file for each site and month, all columns by name; amount and item_prices are millionths of the currency; arrays and maps are as ClickHouse writes them.",
			"refusals: what was refused, repeated or set aside of a site's events, by minute.")
	}
	return m
}
