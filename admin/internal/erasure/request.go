package erasure

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"noctra/admin/internal/store"
	"noctra/internal/pseudonym"
)

// Scopes of a request.
const (
	Visitor   = "visitor"
	Site      = "site"
	Workspace = "workspace"
)

// Kinds of subjects, as a request names them.
const (
	UserID    = "user_id"
	VisitorID = "visitor_id"
	OrderID   = "order_id"
	Email     = "email"
)

// Kinds of blocks, as collectors know them.
const (
	blockVisitor = "visitor"
	blockUser    = "user"
	blockOrder   = "order"
	blockEmail   = "email"
	blockSite    = "site"
)

// Subject names a person in the site's own words. It is never stored.
type Subject struct{ Kind, Value string }

// Request is what is to be erased.
type Request struct {
	Workspace int64
	Site      int64    // 0: all of the workspace
	Subject   *Subject // nil: the site or workspace itself
	By        int64    // account, 0 for an operator
}

// Scope says what a request is about.
func (r Request) Scope() string {
	switch {
	case r.Subject != nil:
		return Visitor
	case r.Site != 0:
		return Site
	}
	return Workspace
}

// Reasons for which there is nothing to request.
var (
	ErrNoSites = errors.New("the workspace has no site")
	ErrSubject = errors.New("the subject names nobody")
	ErrOpen    = errors.New("it is being erased already")
	ErrLook    = errors.New("it cannot be looked for")
)

// Add writes a request down, in the transaction q.
func Add(ctx context.Context, q *store.Queries, now time.Time, r Request) (id int64, err error) {
	sites, err := q.SitesForErasure(ctx, store.SitesForErasureParams{WorkspaceID: r.Workspace, Site: r.Site})
	if err != nil {
		return 0, fmt.Errorf("list sites to erase: %w", err)
	}
	if len(sites) == 0 && r.Scope() != Workspace {
		return 0, ErrNoSites
	}
	if r.Subject == nil {
		open, err := q.OpenErasures(ctx, store.OpenErasuresParams{WorkspaceID: r.Workspace, Scope: r.Scope(), Site: r.Site})
		if err != nil {
			return 0, fmt.Errorf("look for the same erasure: %w", err)
		}
		if open > 0 {
			return 0, ErrOpen
		}
	}
	blocks, receipt := make([]block, len(sites)), Receipt{}
	for i, site := range sites {
		if blocks[i], err = r.block(site.ID, site.IdentityKey); err != nil {
			return 0, err
		}
		if r.Subject != nil {
			receipt.Subject = append(receipt.Subject, SubjectHash{number(site.ID), r.Subject.receiptHash(site.IdentityKey)})
		}
	}
	raw, err := json.Marshal(receipt)
	if err != nil {
		return 0, fmt.Errorf("add erasure: %w", err)
	}
	p := store.AddErasureParams{WorkspaceID: r.Workspace, Scope: r.Scope(), Receipt: raw, Now: now}
	if r.Subject != nil {
		p.SubjectKind = &r.Subject.Kind
	}
	if r.By != 0 {
		p.RequestedBy = &r.By
	}
	if id, err = q.AddErasure(ctx, p); err != nil {
		return 0, fmt.Errorf("add erasure: %w", err)
	}
	for _, b := range blocks {
		if err := q.AddErasureSite(ctx, store.AddErasureSiteParams{ErasureID: id, SiteID: b.site}); err != nil {
			return 0, fmt.Errorf("add site of erasure: %w", err)
		}
		if _, err := b.add(ctx, q, id); err != nil {
			return 0, err
		}
	}
	return id, nil
}

// block is somebody whose events are kept out.
type block struct {
	site  int64
	kind  string
	hash  uint64
	named bool
}

func (b block) add(ctx context.Context, q *store.Queries, erasure int64) (fresh bool, err error) {
	n, err := q.AddErasureBlock(ctx, store.AddErasureBlockParams{ErasureID: erasure, SiteID: b.site, Kind: b.kind, Hash: int64(b.hash), Named: b.named})
	if err != nil {
		return false, fmt.Errorf("keep events out: %w", err)
	}
	return n > 0, nil
}

// block makes of what a request names what collectors look for.
func (r Request) block(site int64, identityKey []byte) (block, error) {
	b := block{site: site, kind: blockSite, named: true}
	if r.Subject == nil {
		return b, nil
	}
	keys, erasure, value := pseudonym.KeysOf(identityKey), pseudonym.ErasureKeysOf(identityKey), r.Subject.Value
	switch r.Subject.Kind {
	case UserID:
		hash, _ := keys.User(value, nil)
		b.kind, b.hash = blockUser, uint64(hash)
	case VisitorID:
		hash, _ := keys.Visitor(value, nil)
		b.kind, b.hash = blockVisitor, uint64(hash)
	case OrderID:
		b.kind = blockOrder
		b.hash, _ = erasure.Order(value, nil)
	case Email:
		normal, ok := pseudonym.NormalEmail(value)
		if !ok {
			return b, ErrSubject
		}
		b.kind = blockEmail
		b.hash, _ = erasure.Email(pseudonym.Digest(normal), nil)
	}
	if b.hash == 0 {
		return b, ErrSubject
	}
	return b, nil
}

// receiptHash lets who knows the subject and has the site's key find out whether a receipt is about it.
func (s Subject) receiptHash(identityKey []byte) string {
	mac := hmac.New(sha256.New, append([]byte("noctra receipt "), identityKey...))
	_, _ = fmt.Fprintf(mac, "%s\x00%s", s.Kind, strings.TrimSpace(s.Value))
	return hex.EncodeToString(mac.Sum(nil))
}
