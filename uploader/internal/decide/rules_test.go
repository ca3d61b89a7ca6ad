package decide

// A rule of an action that changes after refunds leaves what Google was told of them, and has it follow the
// sale again when the rule says so.
func rulesThatChange(r *rig) {
	mapping := r.action("900000011", "")
	sale := r.sale("A-1", "")
	r.decide()
	r.claim()
	r.accept()
	r.refund(sale, 30, "EUR")
	r.decide()
	r.adjusted()
	all := []string{"1 restatement 70 EUR accepted"}
	r.adjustments("a part back", all...)
	r.sql(`UPDATE conversion_actions SET value_rule = 'fixed', fixed_value = 7000000, currency = 'EUR' WHERE id = $1`, mapping)
	r.dirty()
	r.decide()
	r.adjustments("a fixed value from now on", all...)
	r.refund(sale, 20, "EUR")
	r.decide()
	r.adjustments("another part of a fixed value", all...)
	r.sql(`UPDATE conversion_actions SET value_rule = 'none', fixed_value = NULL, currency = NULL WHERE id = $1`, mapping)
	r.dirty()
	r.decide()
	r.adjustments("no value from now on", all...)
	r.sql(`UPDATE conversion_actions SET value_rule = 'event' WHERE id = $1`, mapping)
	r.dirty()
	r.decide()
	all = append(all, "2 restatement 50 EUR ready")
	r.adjustments("the sale's value again", all...)
	r.sql(`UPDATE conversion_actions SET value_rule = 'none' WHERE id = $1`, mapping)
	r.dirty()
	r.decide()
	all[1] = "2 restatement 50 EUR superseded newer_adjustment"
	r.adjustments("before it was sent, none again", all...)
	r.refund(sale, 50, "EUR")
	r.decide()
	r.adjustments("all back", append(all, "3 retraction held cannot_retract")...)
}
