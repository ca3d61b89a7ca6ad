package audit

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"

	"noctra/admin/internal/store"
)

// Said is something of an entry as it is kept: JSON in which people and texts are marks.
type Said struct {
	JSON  *[]byte
	Texts []byte // what texts the marks stand for, none where they were erased
}

// ErasedText stands where somebody wrote something who is erased.
const ErasedText = "[erased]"

var (
	personIn = regexp.MustCompile(`("(?:account_id|owner)" ?: ?)"person:([0-9a-f]{32})"`)
	textIn   = regexp.MustCompile(`("(?:name|excluded_addresses)" ?: ?)"text:([0-9]{1,6})"`)
)

// People are accounts by their pseudonyms; those who were erased are not among them.
type People map[string]int64

// Account returns whose pseudonym ref is, or how the erased are called.
func (p People) Account(ref string) (account int64, erased string) {
	if account, ok := p[ref]; ok {
		return account, ""
	}
	return 0, "erased person " + ref[:min(8, len(ref))]
}

// Mark is how an account with that pseudonym stands in entries.
func Mark(ref string) string { return personMark + ref }

// Ref is the pseudonym of an account, empty where it has none.
func Ref(ctx context.Context, q *store.Queries, account int64) (string, error) {
	refs, err := q.AuditRefs(ctx, &account)
	if err != nil {
		return "", fmt.Errorf("read people of the audit: %w", err)
	}
	if len(refs) == 0 {
		return "", nil
	}
	return refs[0], nil
}

// Reveal puts people and texts back in where they are known. refs are further pseudonyms to look up.
func Reveal(ctx context.Context, q *store.Queries, said []Said, refs ...string) (People, error) {
	for _, s := range said {
		for _, found := range personIn.FindAllSubmatch(*s.JSON, -1) {
			refs = append(refs, string(found[2]))
		}
	}
	people := People{}
	if len(refs) > 0 {
		rows, err := q.AuditPeople(ctx, refs)
		if err != nil {
			return nil, fmt.Errorf("read people of the audit: %w", err)
		}
		for _, r := range rows {
			people[r.Ref] = *r.AccountID
		}
	}
	for _, s := range said {
		if err := people.reveal(s); err != nil {
			return nil, err
		}
	}
	return people, nil
}

func (p People) reveal(s Said) error {
	var texts []json.RawMessage
	if len(s.Texts) > 0 {
		if err := json.Unmarshal(s.Texts, &texts); err != nil {
			return fmt.Errorf("read texts of the audit: %w", err)
		}
	}
	*s.JSON = personIn.ReplaceAllFunc(*s.JSON, func(found []byte) []byte {
		parts := personIn.FindSubmatch(found)
		account, erased := p.Account(string(parts[2]))
		if erased != "" {
			return fmt.Appendf(nil, "%s%q", parts[1], erased)
		}
		return fmt.Appendf(nil, "%s%d", parts[1], account)
	})
	*s.JSON = textIn.ReplaceAllFunc(*s.JSON, func(found []byte) []byte {
		parts := textIn.FindSubmatch(found)
		if n, err := strconv.Atoi(string(parts[2])); err == nil && n < len(texts) {
			return append(append([]byte{}, parts[1]...), texts[n]...)
		}
		return fmt.Appendf(nil, "%s%q", parts[1], ErasedText)
	})
	return nil
}
