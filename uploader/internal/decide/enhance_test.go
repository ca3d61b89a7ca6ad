package decide

import (
	"testing"
	"time"
)

func TestEnhance(t *testing.T) {
	within(t, map[string]func(*rig){"identifiers that come later": enhanced, "not enhanced": notEnhanced, "no longer enhanced": noLongerEnhanced})
}

const identified = `UPDATE sales SET email_hash = repeat('a', 64)`

// enhanced: hashed identifiers that become known when Google has the conversion are added once, in the order
// of adjustments.
func enhanced(r *rig) {
	r.action("900000011", "enhanced = true")
	sale := r.sale("A", "")
	r.decide()
	r.claim()
	r.sql(identified)
	r.decide()
	r.adjustments("being sent", "1 enhancement waiting conversion_not_final")
	r.accept()
	r.promote()
	r.refund(sale, 40, "EUR")
	r.decide()
	r.adjustments("a refund", "1 enhancement ready", "2 restatement 60 EUR waiting earlier_adjustment")
	r.sql(`UPDATE sales SET consent_user_data = 2`)
	r.decide()
	r.adjustments("denied", "1 enhancement held consent_denied", "2 restatement 60 EUR held consent_denied")
	r.sql(`UPDATE sales SET consent_user_data = 1`)
	r.decide()
	r.adjustments("granted", "1 enhancement ready", "2 restatement 60 EUR waiting earlier_adjustment")
	r.adjusted()
	r.adjusted()
	r.dirty()
	r.decide()
	r.adjustments("once", "1 enhancement accepted", "2 restatement 60 EUR accepted")
}

// notEnhanced: where the way, the action or the consent does not allow it, or there is nothing to add to.
func notEnhanced(r *rig) {
	sent := func(action, sale string) {
		r.sql(`TRUNCATE sales, conversion_actions CASCADE`)
		r.action("900000011", action)
		r.sale("A", sale)
		r.decide()
		r.claim()
		r.accept()
	}
	for name, c := range map[string]struct{ action, sale, after string }{
		"the action does not":      {"enhanced = false", "", identified},
		"identifiers were sent":    {"enhanced = true", "phone_hash = repeat('b', 64)", identified},
		"denied since":             {"enhanced = true", "", identified + `, consent_user_data = 2`},
		"an old sale":              {"enhanced = true, window_days = 90", "occurred_at = now() - interval '89 days', google_clicked_at = now() - interval '90 days'", identified},
		"the Google Ads API":       {"enhanced = true", "", `WITH c AS (UPDATE google_connections SET transport = 'google_ads') ` + identified},
		"by file":                  {"enhanced = true", "", `WITH c AS (UPDATE google_connections SET transport = 'file', file_user = 'u', file_secret_hash = 'h') ` + identified},
		"Google's, from elsewhere": {"enhanced = true", "", `WITH c AS (UPDATE conversions SET google_value = NULL, reason = 'ORDER_ID_ALREADY_IN_USE') ` + identified},
	} {
		sent(c.action, c.sale)
		r.sql(c.after)
		if name == "an old sale" {
			r.later(48 * time.Hour)
		}
		r.decide()
		r.adjustments(name)
		r.sql(`UPDATE google_connections SET transport = 'data_manager', file_user = NULL, file_secret_hash = NULL`)
	}
}

// noLongerEnhanced: what was not sent yet is taken back when the identifiers are others, or the refund is a full one.
func noLongerEnhanced(r *rig) {
	mapping := r.action("900000011", "enhanced = true")
	sale := r.sale("A", "")
	r.decide()
	r.claim()
	r.accept()
	r.sql(identified)
	r.decide()
	r.sql(`UPDATE sales SET email_hash = repeat('c', 64)`)
	r.decide()
	all := []string{"1 enhancement superseded not_enhanced"}
	r.adjustments("others", append(all, "2 enhancement ready")...)
	r.sql(`UPDATE conversion_actions SET enhanced = false WHERE id = $1`, mapping)
	r.dirty()
	r.decide()
	all = append(all, "2 enhancement superseded not_enhanced")
	r.adjustments("turned off", all...)
	r.sql(`UPDATE conversion_actions SET enhanced = true WHERE id = $1`, mapping)
	r.dirty()
	r.decide()
	r.adjustments("turned on", append(all, "3 enhancement ready")...)
	r.refund(sale, 100, "EUR")
	r.decide()
	r.adjustments("given back", append(all, "3 enhancement superseded not_enhanced", "4 retraction held cannot_retract")...)
}

// TestEnhancementGoesOn: an enhancement waits for an adjustment before it, which a newer one takes the place of: then it
// goes, and the newer one after it.
func TestEnhancementGoesOn(t *testing.T) {
	within(t, map[string]func(*rig){"between two refunds": func(r *rig) {
		mapping := r.action("900000011", "")
		sale := r.sale("A", "email_hash = repeat('a', 64)")
		r.decide()
		r.claim()
		r.accept()
		r.refund(sale, 30, "EUR")
		r.decide()
		r.sql(`UPDATE conversion_actions SET enhanced = true WHERE id = $1`, mapping)
		r.dirty()
		r.decide()
		r.adjustments("enhanced", "1 restatement 70 EUR ready", "2 enhancement waiting earlier_adjustment")
		r.refund(sale, 20, "EUR")
		r.decide()
		r.later(2 * time.Minute)
		r.adjustments("another refund", "1 restatement 70 EUR superseded newer_adjustment", "2 enhancement ready", "3 restatement 50 EUR waiting earlier_adjustment")
	}})
}

// TestEnhancementPasses: an enhancement does not wait for an adjustment that is held and was never sent, and one that may
// go after all goes after it.
func TestEnhancementPasses(t *testing.T) {
	within(t, map[string]func(*rig){"a refund in another currency": func(r *rig) {
		r.action("900000011", "enhanced = true")
		sale := r.sale("A", "")
		r.decide()
		r.claim()
		r.accept()
		r.refund(sale, 30, "USD")
		r.decide()
		r.sql(identified)
		r.decide()
		r.adjustments("held", "1 restatement 100 EUR held currency_differs", "2 enhancement ready")
		r.sql(`UPDATE refunds SET currency = 'EUR'`)
		r.decide()
		r.adjustments("corrected", "1 restatement 100 EUR superseded newer_adjustment", "2 enhancement ready", "3 restatement 70 EUR waiting earlier_adjustment")
	}, "the way to google": func(r *rig) {
		r.action("900000011", "enhanced = true")
		sale := r.sale("A", "")
		r.decide()
		r.claim()
		r.accept()
		r.sql(`UPDATE google_connections SET transport = 'file', file_user = 'u', file_secret_hash = 'h'`)
		r.refund(sale, 30, "EUR")
		r.decide()
		r.adjustments("held", "1 restatement 70 EUR held received_only")
		r.sql(identified)
		r.sql(`UPDATE google_connections SET transport = 'data_manager', file_user = NULL, file_secret_hash = NULL`)
		r.dirty()
		r.decide()
		r.adjustments("both may go", "1 restatement 70 EUR superseded newer_adjustment", "2 enhancement ready", "3 restatement 70 EUR waiting earlier_adjustment")
		r.adjusted()
		r.adjusted()
		r.dirty()
		r.decide()
		r.adjustments("both went", "1 restatement 70 EUR superseded newer_adjustment", "2 enhancement accepted", "3 restatement 70 EUR accepted")
	}})
}
