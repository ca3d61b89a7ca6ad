package sites

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"noctra/internal/pseudonym"
	"noctra/schema"
)

// What an Erased names.
const (
	ErasedVisitor = "visitor"
	ErasedUser    = "user"
	ErasedOrder   = "order"
	ErasedEmail   = "email"
	ErasedSite    = "site" // everybody
)

// Erased is somebody who is being erased, or was lately: events that are about them are kept out.
type Erased struct {
	Site   schema.SiteID
	Kind   string
	Hash   uint64        // pseudonym of a visitor or user, or of pseudonym.ErasureKeys
	Before schema.Millis // only events that occurred before it are kept out; 0: all of them
}

const selectErased = `SELECT site_id, kind, hash, coalesce((extract(epoch FROM before) * 1000)::bigint, 0) FROM erasure_blocks`

func readErased(ctx context.Context, tx pgx.Tx) ([]Erased, error) {
	rows, err := tx.Query(ctx, selectErased)
	if err != nil {
		return nil, fmt.Errorf("read who is erased: %w", err)
	}
	all, err := pgx.AppendRows([]Erased(nil), rows, func(row pgx.CollectableRow) (e Erased, err error) {
		var site, hash int64
		err = row.Scan(&site, &e.Kind, &hash, &e.Before)
		e.Site, e.Hash = schema.SiteID(site), uint64(hash)
		return e, err
	})
	if err != nil {
		return nil, fmt.Errorf("read who is erased: %w", err)
	}
	return all, nil
}

// KeptOut are the people of a site whose events are kept out.
type KeptOut struct {
	keys   pseudonym.Keys
	erased pseudonym.ErasureKeys
	of     map[keptKey]schema.Millis // before which time, 0: always
	whole  bool                      // the site itself is being erased
}

type keptKey struct {
	kind string
	hash uint64
}

// keptOut shares people out among their sites.
func keptOut(all []Erased) map[schema.SiteID]*KeptOut {
	bySite := map[schema.SiteID]*KeptOut{}
	for _, e := range all {
		k := bySite[e.Site]
		if k == nil {
			k = &KeptOut{of: map[keptKey]schema.Millis{}}
			bySite[e.Site] = k
		}
		k.whole = k.whole || e.Kind == ErasedSite
		key := keptKey{e.Kind, e.Hash}
		if before, known := k.of[key]; !known || before != 0 && (e.Before == 0 || e.Before > before) {
			k.of[key] = e.Before
		}
	}
	return bySite
}

// keepingOut is the site with who is kept out. Sites are shared by snapshots, so another site is made
// where there is or was somebody.
func (s *Site) keepingOut(k *KeptOut) *Site {
	if s.KeptOut == nil && k == nil {
		return s
	}
	other := *s
	if other.KeptOut = k; k != nil {
		k.keys, k.erased = s.Keys, pseudonym.ErasureKeysOf(s.IdentityKey)
	}
	return &other
}

// Person is what an event says of whom it is about, in the sender's words.
type Person struct{ Visitor, User, Order string }

// Names tells whether an event that names p is kept out, when it occurred at that time; 0 where that
// is not known.
func (k *KeptOut) Names(p Person, at schema.Millis) bool {
	if k == nil {
		return false
	}
	if k.whole {
		return true
	}
	var scratch []byte
	visitor, scratch := k.keys.Visitor(p.Visitor, scratch)
	user, scratch := k.keys.User(p.User, scratch)
	order, _ := k.erased.Order(p.Order, scratch)
	return k.has(ErasedVisitor, uint64(visitor), at) || k.has(ErasedUser, uint64(user), at) || k.has(ErasedOrder, order, at)
}

// About tells whether an event as it would be stored is kept out.
func (k *KeptOut) About(e *schema.Event) bool {
	if k == nil {
		return false
	}
	email, _ := k.erased.Email(e.EmailHash, nil)
	return k.has(ErasedVisitor, uint64(e.Visitor), e.OccurredAt) || k.has(ErasedUser, uint64(e.User), e.OccurredAt) || k.has(ErasedEmail, email, e.OccurredAt)
}

func (k *KeptOut) has(kind string, hash uint64, at schema.Millis) bool {
	if hash == 0 {
		return false
	}
	before, known := k.of[keptKey{kind, hash}]
	return known && (before == 0 || at < before)
}
