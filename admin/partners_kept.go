package admin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"noctra/admin/internal/store"
	"noctra/schema"
)

// partnerBytes writes what is kept as JSON.
func partnerBytes(p schema.Postback) (parameters, statuses []byte, err error) {
	parameters, err = json.Marshal(p.Parameters)
	statuses, otherErr := json.Marshal(p.Statuses)
	if err = errors.Join(err, otherErr); err != nil {
		return nil, nil, fmt.Errorf("write partner: %w", err)
	}
	return parameters, statuses, nil
}

func (s *Service) createPartner(ctx context.Context, in *createPartnerInput) (out *partnerOutput, err error) {
	site, err := s.siteOf(ctx, callerOf(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	p := schema.Postback{Name: in.Body.Name, Parameters: in.Body.Parameters, Statuses: in.Body.Statuses, PlainOK: in.Body.PlainOK}
	if p.Statuses == nil {
		p.Statuses = map[string]string{"approved": schema.PostbackSale, "reversed": schema.PostbackRefund}
	}
	if err := checkPartner(p); err != nil {
		return nil, err
	}
	return out, s.changeDefinitions(ctx, site, func(q *store.Queries) error {
		taken, err := q.PartnerNamed(ctx, store.PartnerNamedParams{Site: int64(site.ID), Name: p.Name})
		if err != nil {
			return fmt.Errorf("look up name of partner: %w", err)
		}
		if len(taken) > 0 {
			return refuse(conflict, "The site has a partner of this name.")
		}
		count, err := q.CountPartners(ctx, int64(site.ID))
		if err != nil {
			return fmt.Errorf("count partners: %w", err)
		}
		if count >= mostPartners {
			return refuse(conflict, fmt.Sprintf("A site has at most %d partners; delete one.", mostPartners))
		}
		parameters, statuses, err := partnerBytes(p)
		if err != nil {
			return err
		}
		if out, err = s.onePartner(q.AddPartner(ctx, store.AddPartnerParams{Site: int64(site.ID), Name: p.Name, Parameters: parameters, Statuses: statuses, PlainOk: p.PlainOK, Now: s.now()})); err != nil {
			return err
		}
		return s.notePartner(ctx, q, site, "partner.created", nil, out)
	})
}

func (s *Service) changePartner(ctx context.Context, in *changePartnerInput) (out *partnerOutput, err error) {
	if err := in.needed(); err != nil {
		return nil, err
	}
	site, err := s.siteOf(ctx, callerOf(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return out, s.changeDefinitions(ctx, site, func(q *store.Queries) error {
		before, err := s.seenPartner(ctx, q, site, changeOf{in.PartnerID, in.IfMatch})
		if err != nil {
			return err
		}
		p := schema.Postback{Name: before.Body.Name, Parameters: before.Body.Parameters, Statuses: before.Body.Statuses, PlainOK: before.Body.PlainOK}
		if in.Body.Parameters != nil {
			p.Parameters = in.Body.Parameters
		}
		if in.Body.Statuses != nil {
			p.Statuses = in.Body.Statuses
		}
		if in.Body.PlainOK != nil {
			p.PlainOK = *in.Body.PlainOK
		}
		if err := checkPartner(p); err != nil {
			return err
		}
		parameters, statuses, err := partnerBytes(p)
		if err != nil {
			return err
		}
		if out, err = s.onePartner(q.ChangePartner(ctx, store.ChangePartnerParams{ID: in.PartnerID, Parameters: parameters, Statuses: statuses, PlainOk: p.PlainOK, Now: s.now()})); err != nil {
			return err
		}
		return s.notePartner(ctx, q, site, "partner.changed", before, out)
	})
}

// seenPartner reads a partner that is about to change, as the caller saw it.
func (s *Service) seenPartner(ctx context.Context, q *store.Queries, site schema.Site, of changeOf) (*partnerOutput, error) {
	before, err := s.onePartner(q.PartnerOf(ctx, store.PartnerOfParams{ID: of.id, Site: int64(site.ID)}))
	if err != nil {
		return nil, err
	}
	return before, of.seen(before.ETag[1 : len(before.ETag)-1])
}

func (s *Service) deletePartner(ctx context.Context, in *deletePartnerInput) (*struct{}, error) {
	site, err := s.siteOf(ctx, callerOf(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return nil, s.changeDefinitions(ctx, site, func(q *store.Queries) error {
		before, err := s.seenPartner(ctx, q, site, changeOf{in.PartnerID, in.IfMatch})
		if err != nil {
			return err
		}
		if err := q.DeletePartner(ctx, in.PartnerID); err != nil {
			return fmt.Errorf("delete partner: %w", err)
		}
		return s.notePartner(ctx, q, site, "partner.deleted", before, nil)
	})
}
