package audit

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"strconv"

	"noctra/admin/internal/store"
)

// What stands in entries instead of people and of what they typed.
const (
	personMark = "person:"
	textMark   = "text:"
)

// namesPerson reports whether the value of a field is the number of an account.
func namesPerson(field string) bool { return field == "account_id" || field == "owner" }

// typed reports whether the value of a field is a person's own words or addresses.
func typed(field string) bool { return field == "name" || field == "excluded_addresses" }

// hider takes people and texts out of what entries say.
type hider struct {
	person func(account int64) (ref string, err error)
	texts  []any
}

// state is v as an entry has it; nil stays none.
func (h *hider) state(v any) ([]byte, error) {
	if v == nil {
		return nil, nil
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	in := json.NewDecoder(bytes.NewReader(raw))
	in.UseNumber()
	var said any
	if err := in.Decode(&said); err != nil {
		return nil, err
	}
	if said, err = h.hide("", said); err != nil {
		return nil, err
	}
	return json.Marshal(said)
}

// hide returns the value of a field without people and texts. Maps are changed in place.
func (h *hider) hide(field string, value any) (_ any, err error) {
	if typed(field) && value != nil {
		h.texts = append(h.texts, value)
		return textMark + strconv.Itoa(len(h.texts)-1), nil
	}
	switch v := value.(type) {
	case map[string]any:
		for name := range v {
			if v[name], err = h.hide(name, v[name]); err != nil {
				return nil, err
			}
		}
	case []any:
		for i := range v {
			if v[i], err = h.hide("", v[i]); err != nil {
				return nil, err
			}
		}
	default:
		if number, err := strconv.ParseInt(fmt.Sprint(value), 10, 64); err == nil && number > 0 && namesPerson(field) {
			ref, err := h.person(number)
			return personMark + ref, err
		}
	}
	return value, nil
}

// hidden fills p with an entry whose people and texts lie apart.
func hidden(ctx context.Context, q *store.Queries, e Entry, p *store.AddAuditParams) (err error) {
	h := &hider{person: func(account int64) (string, error) { return q.AuditPerson(ctx, account) }}
	if e.Account != 0 {
		ref, err := h.person(e.Account)
		if err != nil {
			return err
		}
		p.Person = &ref
	}
	if p.Details, err = h.state(e.Details); err != nil {
		return err
	}
	if p.Before, err = h.state(e.Before); err != nil {
		return err
	}
	if p.After, err = h.state(e.After); err != nil {
		return err
	}
	if len(h.texts) > 0 {
		if p.Texts, err = json.Marshal(h.texts); err != nil {
			return err
		}
	}
	p.Salt = make([]byte, 16)
	_, _ = rand.Read(p.Salt) // never fails
	return nil
}
