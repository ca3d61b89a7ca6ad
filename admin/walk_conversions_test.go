package admin

// conversionOf gives a scene a sale and its conversion, which waits for a person.
func (r *rig) conversionOf(s scene) (id, sale string) {
	r.t.Helper()
	err := r.pool.QueryRow(r.t.Context(), `WITH g AS (INSERT INTO google_connections (workspace_id, state, transport, refresh_token, customer_id, customer_name)
			VALUES ($1::text::bigint, 'active', 'data_manager', 'x', '1234567890', $3) RETURNING id),
		a AS (INSERT INTO conversion_actions (workspace_id, site_id, connection_id, action_id, action_name, review, since)
			SELECT $1::text::bigint, $2::text::bigint, id, '7031122334', $3, true, now() FROM g RETURNING id),
		s AS (INSERT INTO sales (workspace_id, site_id, event_id, order_id, occurred_at, amount, currency, visitor_id, user_hash, country, via, bot_reasons, click_kinds, click_values, email_hash, phone_hash,
			consent_analytics, consent_user_data, consent_personal)
			VALUES ($1::text::bigint, $2::text::bigint, $3, '', now(), 1000000, 'EUR', 0, 0, '', 2, '{}', '{}', '{}', '', '', 1, 1, 1) RETURNING id)
		INSERT INTO conversions (workspace_id, site_id, sale_id, mapping_id, action_id, transaction_id, occurred_at, value, currency, state, reason)
			SELECT $1::text::bigint, $2::text::bigint, s.id, a.id, '7031122334', 'e-' || $3, now(), 1000000, 'EUR', 'waiting', 'review' FROM s, a RETURNING id::text, sale_id::text`,
		s.workspace, s.site, s.mark).Scan(&id, &sale)
	if err != nil {
		r.t.Fatal(err)
	}
	return id, sale
}

// partnerOf gives a scene a partner.
func (r *rig) partnerOf(s scene) (id string) {
	r.t.Helper()
	err := r.pool.QueryRow(r.t.Context(), `INSERT INTO postback_partners (site_id, name, parameters, created_at, changed_at) VALUES ($1::text::bigint, 'partner', '{"transaction_id": "tid"}', now(), now()) RETURNING id::text`, s.site).Scan(&id)
	if err != nil {
		r.t.Fatal(err)
	}
	return id
}
